-- Outages played on a small bank: what each function says. The sums stand in the comments.
SET client_min_messages = warning;
CREATE EXTENSION opres;
SET search_path = public, opres;
SET intervalstyle = postgres;
SET timezone = 'Asia/Tokyo';
\set SHOW_CONTEXT never
\pset null '-'

-- Revision 1: two data centres. Core banking east restarts in 20 min, the spare one in the west is switched to in 45 min. The Zengin
-- gateway stands in the east only and restarts in 5 min; transfers queue for half an hour. Without posting ATMs keep 40 %. Directory
-- and log-in service need each other. Generators last 8 h.
SELECT load_map('{
  "nodes": [
    {"code": "op.transfer", "kind": "operation", "name": "Domestic transfer", "names": {"ja": "内国為替"}},
    {"code": "op.atm", "kind": "operation", "name": "ATM and cash", "names": {"ja": "ATM・現金"}},
    {"code": "op.custody", "kind": "operation", "name": "Securities custody", "names": {"ja": "証券保管"}},
    {"code": "proc.post", "kind": "process", "name": "Posting", "names": {"ja": "記帳"}},
    {"code": "proc.zengin", "kind": "process", "name": "Zengin exchange"},
    {"code": "sys.core-a", "kind": "system", "name": "Core banking east", "names": {"ja": "勘定系（東）"}, "restart": "20 min"},
    {"code": "sys.core-b", "kind": "system", "name": "Core banking west", "names": {"ja": "勘定系（西）"}},
    {"code": "sys.zengin", "kind": "system", "name": "Zengin gateway", "names": {"ja": "全銀ゲートウェイ"}, "restart": "5 min"},
    {"code": "sys.directory", "kind": "system", "restart": "10 min"},
    {"code": "sys.login", "kind": "system"},
    {"code": "data.ledger", "kind": "data"},
    {"code": "fac.dc-east", "kind": "facility", "name": "Data centre east", "names": {"ja": "東データセンター"}},
    {"code": "fac.dc-west", "kind": "facility"},
    {"code": "tp.power", "kind": "third_party", "name": "Power grid east"},
    {"code": "ppl.operators", "kind": "people"},
    {"code": "ppl.custody-1", "kind": "people"},
    {"code": "ppl.custody-2", "kind": "people"},
    {"code": "ppl.custody-3", "kind": "people"}],
  "requirements": [
    {"node": "op.transfer", "name": "posting", "members": [{"node": "proc.post"}]},
    {"node": "op.transfer", "name": "clearing", "buffer": "30 min", "members": [{"node": "proc.zengin"}]},
    {"node": "op.atm", "name": "posting", "impact": 0.6, "members": [{"node": "proc.post"}]},
    {"node": "op.custody", "name": "posting", "members": [{"node": "proc.post"}]},
    {"node": "op.custody", "name": "staff", "mode": "pool", "needed": 3, "members": [
      {"node": "ppl.custody-1", "capacity": 2}, {"node": "ppl.custody-2"}, {"node": "ppl.custody-3"}]},
    {"node": "proc.post", "name": "core banking", "switchover": "45 min", "members": [
      {"node": "sys.core-a"}, {"node": "sys.core-b", "standby": true, "replica_lag": "5 s"}]},
    {"node": "proc.zengin", "name": "gateway", "members": [{"node": "sys.zengin"}]},
    {"node": "sys.core-a", "name": "site", "members": [{"node": "fac.dc-east"}]},
    {"node": "sys.core-a", "name": "ledger", "members": [{"node": "data.ledger"}]},
    {"node": "sys.core-a", "name": "operators", "needed_for": "start", "members": [{"node": "ppl.operators"}]},
    {"node": "sys.core-b", "name": "site", "members": [{"node": "fac.dc-west"}]},
    {"node": "sys.zengin", "name": "site", "members": [{"node": "fac.dc-east"}]},
    {"node": "sys.zengin", "name": "log-in", "buffer": "1h", "members": [{"node": "sys.login"}]},
    {"node": "sys.login", "name": "directory", "members": [{"node": "sys.directory"}]},
    {"node": "sys.directory", "name": "log-in", "members": [{"node": "sys.login"}]},
    {"node": "fac.dc-east", "name": "power", "buffer": "8h", "members": [{"node": "tp.power"}]}],
  "tolerances": [
    {"operation": "op.transfer", "tolerance": "100% within 2h"},
    {"operation": "op.transfer", "tolerance": "data loss 4s"},
    {"operation": "op.transfer", "tolerance": "100% by 15:30 Asia/Tokyo on Mon-Fri"},
    {"operation": "op.atm", "tolerance": "50% within 30min"},
    {"operation": "op.atm", "tolerance": "1h in total per 1 day below 100%"},
    {"operation": "op.custody", "tolerance": "100% within 1 day"}],
  "scenarios": [
    {"code": "dc-east-lost", "name": "Data centre east lost", "start": "2026-11-20T14:00:00+09:00", "shocks": [
      {"code": "loss", "node": "fac.dc-east", "duration": "4h"},
      {"code": "ledger", "node": "data.ledger", "duration": "0", "data_loss": "10 min"}]},
    {"code": "power-cut", "shocks": [
      {"code": "grid", "node": "tp.power", "onset": "1h", "duration": "10h"},
      {"code": "trains", "node": "ppl.operators", "onset": "10h", "duration": "4h"}]},
    {"code": "influenza", "shocks": [
      {"code": "first", "node": "ppl.custody-1", "duration": "2 days"},
      {"code": "second", "node": "ppl.custody-2", "onset": "1 day", "duration": "2 days"}]},
    {"code": "directory", "shocks": [{"code": "patch", "node": "sys.directory", "duration": "30 min"}]},
    {"code": "blip", "shocks": [{"code": "blip", "node": "sys.login", "level": 0.5, "duration": "10 min"}]},
    {"code": "nothing"}]}');

-- East lost for 4 h: posting back after 45 min; the gateway after 4 h 5 min, felt from 30 min on. So transfers are down 0 to 4:05. The
-- start is a Friday 14:00: 15:30 comes after 1 h 30 min. Data: the spare is 5 s behind, better than the 10 min of the east.
SELECT * FROM simulate('dc-east-lost');
SELECT * FROM simulate_levels('dc-east-lost');

-- Power gone 1 h to 11 h: with 8 h of fuel the site is down 9 h to 11 h. The spare posts from 9:45. Core banking east has its restart
-- behind it at 11:20, but without operators (10 h to 14 h) it is not begun before 14 h: 14:20. The gateway: 9:00 to 11:05, felt from 9:30.
-- ATMs: below 100 % for 45 min, below 50 % longer than 30 min at 9:30. No start: whether 15:30 is kept cannot be said.
SELECT * FROM simulate('power-cut');
SELECT * FROM simulate_levels('power-cut', '12 hours') WHERE at >= '9h 30 min';
SELECT * FROM recovery_order('power-cut');

-- Staff of 4 where 3 are needed. Person 1 counts double: 2/3, 1/3 while both are ill, then 3/3.
SELECT * FROM simulate('influenza') WHERE operation = 'op.custody';
SELECT * FROM simulate_levels('influenza') WHERE node = 'op.custody';

-- Directory and log-in hold each other down for ever; the gateway holds out 1 h, the queue half an hour more.
SELECT operation, tolerance, met, breached_at, time_below, recovered_at, cause FROM simulate('directory', '10 days') WHERE worst_level < 1;
SELECT * FROM recovery_order('directory');
SELECT * FROM restart_deadlocks();

-- Half a level lost for ten minutes: the circle keeps it for ever, at that level.
SELECT * FROM simulate_levels('blip', '1 day');
SELECT * FROM simulate('nothing');

-- Why?
SELECT * FROM explain('dc-east-lost', 'op.transfer', '20 min');
SELECT * FROM explain('dc-east-lost', 'op.transfer', '1 hour');
SELECT * FROM explain('dc-east-lost', 'op.transfer', '4h 3 min', 'ja');
SELECT * FROM explain('dc-east-lost', 'op.atm', '0', 'ja');
SELECT * FROM explain('dc-east-lost', 'op.transfer', '5 h');
SELECT * FROM explain('power-cut', 'sys.core-a', '12 h');
SELECT * FROM explain('power-cut', 'sys.core-a', '14h 10 min', lang => 'ja');
SELECT * FROM explain('power-cut', 'op.transfer', '10 h');
SELECT * FROM explain('influenza', 'op.custody', '1 day 12 h');
SELECT * FROM explain('directory', 'op.transfer', '5 days');

-- What if? Nothing is saved.
SELECT operation, met, breached_at, time_below, recovered_at FROM simulate_shocks(
  '[{"code": "loss", "node": "fac.dc-east", "duration": "4h"}, {"code": "west", "node": "fac.dc-west", "onset": "1h", "duration": "30 min"}]',
  horizon => '2 days', start => '2026-11-21 14:00+09') WHERE operation <> 'op.custody';
SELECT * FROM simulate_shocks_levels('[{"code": "x", "node": "proc.zengin", "level": 0.25, "onset": "1h", "duration": "40 min"}]', '2 h');
SELECT * FROM simulate_shocks_levels('[]');
SELECT operation, met, recovered_at FROM simulate_shocks('[{"code": "x", "node": "fac.dc-east", "duration_distribution": "triangular(1h,4h,24h)"}]')
  WHERE operation = 'op.transfer' AND met = false;

-- The horizon cuts: an outage that lasts past it has not recovered, one that begins at it has not been.
SELECT operation, tolerance, met, breached_at, time_below, recovered_at FROM simulate('dc-east-lost', '2 h') WHERE operation <> 'op.custody';
SELECT count(*) FROM simulate_levels('power-cut', '1 h');
SELECT * FROM simulate_levels('power-cut', '1 h 0.000001 s');

-- Who needs whom. Redundant: its loss alone is not felt. Core banking east is (the spare), the site is not (the gateway).
SELECT * FROM depends_on('op.transfer') ORDER BY distance, node;
SELECT * FROM dependents('fac.dc-east') ORDER BY distance, node;
SELECT * FROM depends_on('tp.power');
SELECT * FROM dependents('op.atm');

-- Revision 2: a second gateway in the west, switched to in 10 min, and no more directory. Revision 3: the scenario and a node change.
BEGIN;
INSERT INTO node (code, kind) VALUES ('sys.zengin-b', 'system');
INSERT INTO requirement (node, name) VALUES ('sys.zengin-b', 'site');
INSERT INTO requirement_member (node, requirement, member) VALUES ('sys.zengin-b', 'site', 'fac.dc-west');
INSERT INTO requirement_member (node, requirement, member, standby) VALUES ('proc.zengin', 'gateway', 'sys.zengin-b', true);
UPDATE requirement SET switchover = '10 min' WHERE node = 'proc.zengin';
DELETE FROM requirement WHERE node = 'sys.directory';
COMMIT;
BEGIN;
UPDATE shock SET duration = '8h' WHERE scenario = 'dc-east-lost' AND code = 'loss';
UPDATE node SET restart = '1h' WHERE code = 'sys.core-b';
COMMIT;
SELECT operation, tolerance, met, time_below, cause FROM simulate('dc-east-lost') WHERE operation = 'op.transfer';
SELECT operation, tolerance, met, time_below, cause FROM simulate('dc-east-lost', revision => 1) WHERE operation = 'op.transfer';
SELECT node, at, level FROM simulate_levels('dc-east-lost', revision => 2) WHERE node IN ('fac.dc-east', 'proc.zengin');
SELECT node, back_at FROM recovery_order('dc-east-lost') WHERE node LIKE 'sys%';
SELECT node, back_at FROM recovery_order('dc-east-lost', revision => 1) WHERE node LIKE 'sys%';
SELECT count(*) FROM restart_deadlocks();
SELECT * FROM restart_deadlocks(1);
SELECT * FROM depends_on('proc.zengin', 1) WHERE distance = 1;
SELECT * FROM depends_on('proc.zengin') WHERE distance = 1;
SELECT * FROM dependents('fac.dc-west', revision => 1) WHERE node = 'proc.zengin';
SELECT * FROM explain('dc-east-lost', 'sys.core-b', '1 h', revision => 1);
SELECT time_below FROM simulate_shocks('[{"code": "x", "node": "sys.zengin", "duration": "2h"}]', revision => 1) WHERE operation = 'op.transfer' LIMIT 1;
SELECT time_below FROM simulate_shocks('[{"code": "x", "node": "sys.zengin", "duration": "2h"}]') WHERE operation = 'op.transfer' LIMIT 1;
SELECT max(at) FROM simulate_shocks_levels('[{"code": "x", "node": "sys.zengin", "duration": "2h"}]', revision => 1) WHERE node = 'proc.zengin';

-- What is refused
SELECT * FROM simulate('dc-east-los');
SELECT * FROM simulate('tokyo');
SELECT * FROM simulate('sys.zengin-b', revision => 1);
SELECT * FROM simulate(NULL);
SELECT * FROM simulate('nothing', NULL);
SELECT * FROM simulate('nothing', '0');
SELECT * FROM simulate('nothing', '-1 h');
SELECT * FROM simulate('nothing', '1 month');
SELECT * FROM simulate('nothing', '36501 days');
SELECT * FROM simulate('nothing', revision => 4);
SELECT * FROM simulate('nothing', revision => 0);
SELECT * FROM simulate_levels(NULL);
SELECT * FROM simulate_levels('nothing', '1 year');
SELECT * FROM simulate_levels('nothing', revision => -3);
SELECT * FROM simulate_shocks(NULL);
SELECT * FROM simulate_shocks('[]', start => 'infinity');
SELECT * FROM simulate_shocks_levels('[]', '0 s');
SELECT * FROM explain('nothing', 'op.transfers', '1 h');
SELECT * FROM explain('nothin', 'op.transfer', '1 h');
SELECT * FROM explain('nothing', 'op.transfer', '-1 h');
SELECT * FROM explain('nothing', 'op.transfer', NULL);
SELECT * FROM explain('nothing', 'op.transfer', '1 h', 'fr');
SELECT * FROM explain('nothing', 'sys.zengin-b', '1 h', revision => 1);
SELECT * FROM recovery_order(NULL);
SELECT * FROM recovery_order('nothing', '0');
SELECT * FROM restart_deadlocks(99);
SELECT * FROM depends_on('op.transferr');
SELECT * FROM depends_on(NULL);
SELECT * FROM dependents('sys.zengin-b', 1);
SELECT * FROM dependents('op.atm', 0);

-- Documents of shocks
SELECT * FROM simulate_shocks('{}');
SELECT * FROM simulate_shocks('[1]');
SELECT * FROM simulate_shocks('[{"code": "x"}]');
SELECT * FROM simulate_shocks('[{"node": "fac.dc-eest"}]');
SELECT * FROM simulate_shocks('[{"code": "x", "node": "fac.dc-east", "level": 1.5}]');
SELECT * FROM simulate_shocks('[{"code": "x", "node": "fac.dc-east", "duration": "0"}]');
SELECT * FROM simulate_shocks('[{"code": "x", "node": "fac.dc-east", "duration": "four hours"}]');
SELECT * FROM simulate_shocks('[{"code": "x", "node": "fac.dc-east", "onset": "-1 h"}]');
SELECT * FROM simulate_shocks('[{"code": "x", "node": "fac.dc-east", "longer": "1 h"}]');
SELECT * FROM simulate_shocks('[{"code": "x", "node": "fac.dc-east"}, {"code": "x", "node": "fac.dc-west"}]');
SELECT * FROM simulate_shocks_levels('[{"code": "x", "node": "fac.dc-east", "duration_distribution": "triangular(4h,1h,24h)"}]');

-- Limits. Two systems that hand a dip round for ever: A's buffer 4, restart 3; B's buffer 4, restart 5 (seconds).
BEGIN;
INSERT INTO node (code, kind, restart) VALUES ('sys.a', 'system', '3 s'), ('sys.b', 'system', '5 s');
INSERT INTO requirement (node, name, buffer) VALUES ('sys.a', 'r', '4 s'), ('sys.b', 'r', '4 s');
INSERT INTO requirement_member (node, requirement, member) VALUES ('sys.a', 'r', 'sys.b'), ('sys.b', 'r', 'sys.a');
COMMIT;
SELECT * FROM simulate_shocks_levels('[{"code": "x", "node": "sys.a", "duration": "2 s"}]', '20 s');
SET opres.max_events = 1000;
SELECT count(*) FROM simulate_shocks_levels('[{"code": "x", "node": "sys.a", "duration": "2 s"}]', '1 day');
RESET opres.max_events;
SET opres.max_memory = '500 kB';
SELECT count(*) FROM simulate_shocks_levels('[{"code": "x", "node": "sys.a", "duration": "2 s"}]', '1 day');
RESET opres.max_memory;
SELECT count(*) FROM simulate_shocks_levels('[{"code": "x", "node": "sys.a", "duration": "2 s"}]', '1 day');
INSERT INTO node (code, kind) VALUES ('op.x', 'operation');
INSERT INTO requirement (node, name) VALUES ('op.x', 'a');
INSERT INTO requirement_member (node, requirement, member) VALUES ('op.x', 'a', 'sys.a');
INSERT INTO tolerance (operation, tolerance) VALUES ('op.x', '100% within 4 s'), ('op.x', '100% within 5 s'), ('op.x', '10 s in total per 1 h below 100%');
SELECT tolerance, met, breached_at, time_below, recovered_at, cause
  FROM simulate_shocks('[{"code": "x", "node": "sys.a", "duration": "2 s"}]', '1 min') WHERE operation = 'op.x';

-- A map no analysis runs on
INSERT INTO requirement (node, name) VALUES ('op.x', 'nobody yet');
SELECT * FROM simulate('dc-east-lost');
SELECT * FROM depends_on('op.atm');
SELECT * FROM restart_deadlocks();
SELECT count(*) FROM simulate('dc-east-lost', revision => 1);
DELETE FROM requirement WHERE name = 'nobody yet';
SELECT count(*) FROM simulate('dc-east-lost');

-- No map at all
SELECT load_map('{}') > 0 AS emptied;
SELECT * FROM restart_deadlocks();
SELECT * FROM simulate_shocks_levels('[]');
SELECT * FROM simulate('dc-east-lost');
DROP EXTENSION opres;
