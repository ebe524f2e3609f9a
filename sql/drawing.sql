-- The map as a drawing: a small made-up bank, both sheets, both languages, with a scenario and without.
SET client_min_messages = warning;
CREATE EXTENSION opres;
SET TimeZone = 'Asia/Tokyo';
\pset format unaligned
\pset tuples_only on
SELECT opres.load_map($$
{"nodes": [
  {"code": "op.transfer", "kind": "operation", "name": "Domestic transfers", "names": {"ja": "国内振込"}, "owner": "Payments"},
  {"code": "op.atm", "kind": "operation", "name": "Cash withdrawal", "names": {"ja": "ATM出金"}, "owner": "Branches"},
  {"code": "op.desk", "kind": "operation", "name": "Counter service", "names": {"ja": "窓口業務"}},
  {"code": "proc.post", "kind": "process", "name": "Ledger posting", "names": {"ja": "勘定記帳"}},
  {"code": "proc.send", "kind": "process", "name": "Payment messaging", "names": {"ja": "電文送受信"}, "restart": "10 min"},
  {"code": "ppl.east", "kind": "people", "name": "Operators, east", "names": {"ja": "事務担当（東）"}},
  {"code": "ppl.west", "kind": "people", "name": "Operators, west", "names": {"ja": "事務担当（西）"}},
  {"code": "sys.core", "kind": "system", "name": "Core banking", "names": {"ja": "勘定系"}, "owner": "IT", "location": "Tokyo",
   "country": "JP", "attributes": {"url": "https://wiki.example.com/core?page=1"}},
  {"code": "sys.core-a", "kind": "system", "name": "Core banking A", "names": {"ja": "勘定系A"}, "restart": "5 min"},
  {"code": "sys.core-b", "kind": "system", "name": "Core banking B", "names": {"ja": "勘定系B"}, "restart": "5 min"},
  {"code": "sys.gateway", "kind": "system", "name": "Message gateway", "names": {"ja": "電文接続装置"}, "attributes": {"url": "http://x"}},
  {"code": "sys.hub-1", "kind": "system", "name": "Payment hub 1", "names": {"ja": "決済ハブ1号"}},
  {"code": "sys.hub-2", "kind": "system", "name": "Payment hub 2", "names": {"ja": "決済ハブ2号"}},
  {"code": "sys.hub-3", "kind": "system", "name": "Payment hub 3", "names": {"ja": "決済ハブ3号"}},
  {"code": "data.ledger", "kind": "data", "name": "Ledger", "names": {"ja": "元帳"}},
  {"code": "net.wan", "kind": "network", "name": "Bank network", "names": {"ja": "行内網"}},
  {"code": "tp.operator", "kind": "third_party", "name": "Data centre operator", "names": {"ja": "センター運営会社"}},
  {"code": "fac.east", "kind": "facility", "name": "Data centre east", "names": {"ja": "データセンター（東）"}},
  {"code": "fac.west", "kind": "facility", "name": "Data centre west", "names": {"ja": "データセンター（西）"}},
  {"code": "fac.spare", "kind": "facility"}],
 "requirements": [
  {"node": "op.transfer", "name": "posting", "members": [{"node": "proc.post"}]},
  {"node": "op.transfer", "name": "sending", "members": [{"node": "proc.send"}], "buffer": "15 min"},
  {"node": "op.atm", "name": "posting", "members": [{"node": "proc.post"}], "impact": 0.6},
  {"node": "op.desk", "name": "clerks", "mode": "pool", "needed": 4,
   "members": [{"node": "ppl.east", "capacity": 5}, {"node": "ppl.west", "capacity": 4}]},
  {"node": "proc.post", "name": "core banking", "members": [{"node": "sys.core"}]},
  {"node": "proc.send", "name": "gateway", "members": [{"node": "sys.gateway"}]},
  {"node": "proc.send", "name": "hub", "needed": 2, "members": [{"node": "sys.hub-1"}, {"node": "sys.hub-2"}, {"node": "sys.hub-3"}]},
  {"node": "proc.send", "name": "operators", "mode": "pool", "needed": 3,
   "members": [{"node": "ppl.east", "capacity": 5}, {"node": "ppl.west", "capacity": 4}]},
  {"node": "sys.core", "name": "site", "switchover": "30 min", "members": [{"node": "sys.core-a"}, {"node": "sys.core-b", "standby": true}]},
  {"node": "sys.core", "name": "ledger", "members": [{"node": "data.ledger"}]},
  {"node": "sys.core-a", "name": "site", "members": [{"node": "fac.east"}]},
  {"node": "sys.core-b", "name": "site", "members": [{"node": "fac.west"}]},
  {"node": "sys.core-b", "name": "operators, to start", "needed_for": "start", "members": [{"node": "ppl.west"}]},
  {"node": "sys.gateway", "name": "site", "members": [{"node": "fac.east"}]},
  {"node": "sys.gateway", "name": "network", "members": [{"node": "net.wan"}]},
  {"node": "sys.hub-1", "name": "site", "members": [{"node": "fac.east"}]},
  {"node": "sys.hub-2", "name": "site", "members": [{"node": "fac.west"}]},
  {"node": "sys.hub-3", "name": "site", "members": [{"node": "fac.west"}]},
  {"node": "data.ledger", "name": "site", "needed": 1, "members": [{"node": "fac.east"}, {"node": "fac.west"}]},
  {"node": "fac.west", "name": "operation", "members": [{"node": "tp.operator"}]}],
 "tolerances": [
  {"operation": "op.transfer", "tolerance": "100% within 2h"},
  {"operation": "op.transfer", "tolerance": "100% by 15:30 Asia/Tokyo on Mon-Fri"},
  {"operation": "op.transfer", "tolerance": "data loss 1min"},
  {"operation": "op.atm", "tolerance": "80% within 1h"},
  {"operation": "op.atm", "tolerance": "4h in total per 30d below 80%"}],
 "scenarios": [
  {"code": "east-lost", "name": "Data centre east lost", "names": {"ja": "データセンター（東）喪失"}, "start": "2026-11-20T09:00:00+09:00",
   "shocks": [{"code": "loss", "node": "fac.east", "duration": "4h"}]},
  {"code": "calm", "shocks": [{"code": "drill", "node": "fac.spare", "duration": "1h"}]}]}
$$);
\echo # detail sheet, English
SELECT opres.map_dot();
\echo # detail sheet of one operation with a scenario, Japanese
SELECT opres.map_dot('op.transfer', scenario => 'east-lost', lang => 'ja');
\echo # summary sheet with a scenario, Japanese
SELECT opres.map_dot(view => 'summary', scenario => 'east-lost', lang => 'ja');
\echo # summary sheet without, English
SELECT opres.map_dot(view => 'summary');
\echo # around a node
SELECT opres.map_dot(around => 'sys.gateway', radius => 1);
\echo # narrowed: only the most far-reaching ones
SELECT opres.map_dot(scenario => 'east-lost', max_nodes => 7);
\echo # an outage nobody feels: the heading
SELECT substring(opres.map_dot(scenario => 'calm') FROM 'Impact map.*?</TABLE>');
\echo # errors
\set VERBOSITY default
SELECT opres.map_dot('op.transfers');
SELECT opres.map_dot('sys.core');
SELECT opres.map_dot(view => 'poster');
SELECT opres.map_dot(lang => 'fr');
SELECT opres.map_dot(scenario => 'west-lost');
SELECT opres.map_dot('op.atm', around => 'sys.core');
SELECT opres.map_dot(max_nodes => 0);
SELECT opres.map_dot(radius => -1);
SELECT opres.map_dot(revision => 99);
SET opres.max_drawn_nodes = 5;
SELECT opres.map_dot();
SELECT opres.map_dot(view => 'summary') LIKE 'strict digraph summary%';
RESET opres.max_drawn_nodes;
SET opres.max_drawn_edges = 5;
SELECT opres.map_dot();
RESET opres.max_drawn_edges;
SET opres.max_drawn_nodes = 0;
DROP EXTENSION opres;
