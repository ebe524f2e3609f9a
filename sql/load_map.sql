-- A map as a document: loaded, dumped, changed, compared; what is said of a document with a mistake.
SET client_min_messages = warning;
CREATE EXTENSION opres;
SET search_path = public, opres;
\set SHOW_CONTEXT never

-- A map never edited
SELECT load_map('{}'), dump_map();

-- A small bank; what is not said has a default
\set bank '{"nodes": [{"code": "op.transfer", "kind": "operation", "name": "Domestic transfer", "names": {"ja": "内国為替"}, "owner": "Payments dept", "restart": "20 min", "rto": "2h", "rpo": "15 min", "mtpd": "1 day", "reviewed_on": "2026-06-30"}, {"code": "sys.core-a", "kind": "system", "unavailability": 0.0005}, {"code": "sys.core-b", "kind": "system"}, {"code": "fac.dc-east", "kind": "facility", "location": "Tokyo", "country": "JP", "attributes": {"tier": 4, "exits": [1, null]}}], "requirements": [{"node": "op.transfer", "name": "core banking", "needed": 1, "switchover": "15 min", "switchover_failure": 0.02, "members": [{"node": "sys.core-b", "standby": true, "replica_lag": "5 s"}, {"node": "sys.core-a"}]}, {"node": "sys.core-a", "members": [{"node": "fac.dc-east"}], "buffer": "00:30"}, {"node": "sys.core-b", "members": [{"node": "fac.dc-east"}], "needed_for": "start"}], "tolerances": [{"operation": "op.transfer", "tolerance": "100% within 120 min"}, {"operation": "op.transfer", "tolerance": "100% by 15:30 Asia/Tokyo on calendar jp-bank"}], "calendars": [{"code": "jp-bank", "days": ["2026-11-24", "2026-11-20"]}], "scenarios": [{"code": "dc-east-lost", "name": "Data centre lost", "names": {"ja": "データセンター喪失"}, "start": "2026-11-20T08:00:00+09:00", "shocks": [{"node": "fac.dc-east", "duration": "4h"}, {"node": "sys.core-a", "onset": "PT4H", "level": 0.5, "probability": 0.5, "duration_distribution": "exponential(mean 6h)"}, {"node": "sys.core-a", "onset": "1 d"}]}]}'
SELECT load_map(:'bank');
SELECT jsonb_pretty(dump_map());
SELECT load_map(dump_map()), load_map(:'bank');

-- What a change of the document changes
SELECT load_map(jsonb_set(jsonb_set(:'bank', '{requirements,0,switchover}', '"30 min"'), '{calendars,0,days,2}', '"2026-11-25"')
  || '{"scenarios": []}');
SELECT subject, change, before, after FROM map_diff(1, 2);
SELECT subject, change, before, after FROM map_diff(2, 1) LIMIT 2;
SELECT load_map(dump_map(1));
SELECT dump_map(1) = dump_map() AS back, dump_map(2) = dump_map() AS still;
SELECT subject, change FROM map_diff(1, NULL);
SELECT dump_map(0);
SELECT dump_map(4);
SELECT map_diff(1, 4);

-- Names that are not given: the members' codes, the shocked node's code, numbered where that is taken
SELECT load_map('{"nodes": [{"code": "a", "kind": "system"}, {"code": "b", "kind": "system"}, {"code": "c", "kind": "system"}],
  "requirements": [{"node": "a", "members": [{"node": "c"}, {"node": "b", "standby": true}]},
                   {"node": "a", "members": [{"node": "b"}, {"node": "c"}], "needed_for": "start"},
                   {"node": "a", "members": [{"node": "b"}], "name": "b+c (2)"}],
  "scenarios": [{"code": "s", "shocks": [{"node": "a"}, {"node": "b"}, {"node": "a", "onset": "1h"}, {"node": "c", "code": "b"}]}]}');
SELECT node, name, needed_for FROM requirement ORDER BY node, name;
SELECT code, node, onset FROM shock ORDER BY code;

-- Mistakes (test/server/broken_documents.py has all kinds of them)
SELECT load_map('{"nodes": [{"code": "a", "kind": "sytem"}]}');
SELECT load_map('{"nodes": [{"code": "a", "kind": "system", "restart": 20}]}');
SELECT load_map('{"nodes": [{"code": "a", "kind": "system", "restrat": "20 min"}]}');
SELECT load_map('{"nodes": [{"code": "op", "kind": "operation"}, {"code": "sys.core-a", "kind": "system"}],
  "requirements": [{"node": "op", "members": [{"node": "sys.core-a"}, {"node": "sys.core-b"}]}]}');
SELECT load_map('{"nodes": [{"code": "op", "kind": "operation"}, {"code": "a", "kind": "system"}, {"code": "b", "kind": "system"}],
  "requirements": [{"node": "op", "needed": 2, "members": [{"node": "a"}, {"node": "b", "standby": true}]}]}');
SELECT load_map('{"nodes": [{"code": "op", "kind": "operation"}], "tolerances": [{"operation": "op", "tolerance": "100% within 2 months"}]}');

-- Why: the audit trail keeps a reason, which some acts need
SELECT label_revision(1, 'FY2026');
SELECT label_revision(1, 'FY2026', 'year end');
SET opres.require_reason = on;
UPDATE node SET name = 'Core' WHERE code = (SELECT min(code) FROM node);
SET opres.reason = 'renamed';
UPDATE node SET name = 'Core' WHERE code = (SELECT min(code) FROM node);
RESET opres.reason;
SELECT load_map('{}', 'cleared') > 1 AS loaded;
RESET opres.require_reason;
SELECT entry, action, reason FROM audit_trail WHERE reason IS NOT NULL ORDER BY entry;
SELECT * FROM verify_map_revisions();

-- Only who may edit may load
CREATE ROLE opres_regress_reader;
SELECT grant_access('opres_regress_reader', 'reader', 'a test');
SET ROLE opres_regress_reader;
SELECT load_map(dump_map());
RESET ROLE;
SELECT revoke_access('opres_regress_reader', 'reader', 'tested');
DROP ROLE opres_regress_reader;
DROP EXTENSION opres;
