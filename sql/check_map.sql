-- What check_map finds, in English and Japanese. Dates far off, so that today does not matter.
SET client_min_messages = warning;
CREATE EXTENSION opres;
SET search_path = public, opres;
\set SHOW_CONTEXT never
\pset format unaligned
\pset fieldsep ' | '

SELECT load_map('{
  "nodes": [
    {"code": "op.transfer", "kind": "operation", "restart": "30 min", "rto": "4h", "rpo": "1h", "mtpd": "1h", "reviewed_on": "2019-12-31"},
    {"code": "op.idle", "kind": "operation"},
    {"code": "proc.enter", "kind": "process"},
    {"code": "sys.core-a", "kind": "system", "restart": "30 min"},
    {"code": "sys.core-b", "kind": "system", "restart": "30 min"},
    {"code": "sys.hub", "kind": "system", "restart": "5 min", "rto": "3h"},
    {"code": "sys.ledger", "kind": "system"},
    {"code": "sys.directory", "kind": "system", "restart": "5 min"},
    {"code": "sys.forgotten", "kind": "system"},
    {"code": "data.ledger", "kind": "data", "rpo": "2h"},
    {"code": "fac.dc-east", "kind": "facility"},
    {"code": "tp.power", "kind": "third_party"},
    {"code": "tp.telecom", "kind": "third_party", "owner": "IT"}],
  "requirements": [
    {"node": "op.transfer", "name": "core banking", "switchover": "2h", "buffer": "5 min",
     "members": [{"node": "sys.core-a"}, {"node": "sys.core-b", "standby": true}]},
    {"node": "op.transfer", "name": "hub", "members": [{"node": "sys.hub", "capacity": 2, "replica_lag": "5 s"}]},
    {"node": "op.transfer", "name": "ledger", "switchover": "1h", "members": [{"node": "data.ledger"}]},
    {"node": "sys.core-a", "members": [{"node": "fac.dc-east"}, {"node": "tp.power"}]},
    {"node": "sys.core-b", "members": [{"node": "fac.dc-east"}]},
    {"node": "sys.hub", "members": [{"node": "sys.directory"}]},
    {"node": "sys.directory", "members": [{"node": "sys.hub"}]},
    {"node": "sys.hub", "name": "start", "needed_for": "start",
     "members": [{"node": "sys.ledger"}, {"node": "tp.telecom", "standby": true, "replica_lag": "1 min"}]}],
  "tolerances": [
    {"operation": "op.transfer", "tolerance": "100% within 2h"},
    {"operation": "op.transfer", "tolerance": "50% within 4h"},
    {"operation": "op.transfer", "tolerance": "data loss 30min"},
    {"operation": "op.transfer", "tolerance": "100% by 15:30 Asia/Tokyo on calendar jp-old except calendar jp-new"}],
  "calendars": [
    {"code": "jp-old", "days": ["2020-01-06", "2020-12-30"]},
    {"code": "jp-new", "days": ["2020-01-06", "2999-12-31"]},
    {"code": "jp-unused", "days": ["2999-12-31"]}],
  "scenarios": [
    {"code": "no-start", "shocks": [{"node": "sys.hub"}]},
    {"code": "later", "start": "2020-12-15T09:00:00+09:00", "shocks": [{"node": "sys.hub"}]},
    {"code": "no-shock", "start": "2020-03-01T09:00:00+09:00"}]}');
SELECT * FROM check_map();
SELECT * FROM check_map('ja');

-- A map with an error, which only plain SQL can make
INSERT INTO requirement (node, name) VALUES ('proc.enter', 'clerks');
SELECT * FROM check_map() WHERE severity = 'error' OR subject = 'map';
SELECT * FROM check_map('ja') WHERE severity = 'error' OR subject = 'map';
SELECT count(*) FROM check_map('en', 1) WHERE severity = 'error';

SELECT check_map('fr');
SELECT check_map('en', 9);
SELECT * FROM check_map('en', 0);
DROP EXTENSION opres;
