-- Minatono Bank: the document is what its tables say, covers what it must cover, and outages give what a reader of the map works
-- out by hand (the sum stands in each comment; README.md tells the story). Run from the repository's top folder by pg_prove in a
-- database with opres and pgtap; rolls back.
BEGIN;
SET LOCAL search_path = public, opres; -- the operators of impact_tolerance
SELECT plan(73);

\set fresh `python3 test/bank/build.py --check && echo yes`
SELECT is(:'fresh'::text, 'yes', 'bank.json is what build.py makes of the tables');
\set doc `cat test/bank/bank.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'the map loads');

-- What is in it -------------------------------------------------------------------------------------------------------
SELECT ok(count(*) BETWEEN 120 AND 200, '120 to 200 nodes') FROM opres.node;
SELECT ok(count(*) >= 8, 'at least eight critical operations') FROM opres.node WHERE kind = 'operation';
SELECT ok(count(*) >= 15, 'at least fifteen scenarios') FROM opres.scenario;
SELECT set_eq('SELECT DISTINCT kind FROM opres.node', 'SELECT unnest(enum_range(NULL::opres.node_kind))', 'every kind of node');
SELECT set_eq('SELECT DISTINCT mode, needed_for FROM opres.requirement WHERE mode = ''quorum'' OR needed_for = ''run''',
  $$VALUES ('quorum', 'run'), ('quorum', 'start'), ('pool', 'run')$$, 'both modes, run and start');
SELECT ok(bool_or(impact < 1) AND bool_or(buffer > '0') AND bool_or(switchover > '0') AND bool_or(switchover_failure > 0),
  'impacts, buffers, switchovers and their failures') FROM opres.requirement;
SELECT ok(bool_or(standby) AND bool_or(replica_lag > '0') AND bool_or(capacity <> 1), 'standbys, replicas, headcounts')
  FROM opres.requirement_member;
SELECT ok(bool_or(level > 0) AND bool_or(onset > '0') AND bool_or(duration IS NULL) AND bool_or(data_loss > '0')
  AND bool_or(probability < 1) AND bool_or(duration_distribution IS NOT NULL) AND bool_or(common_cause IS NOT NULL),
  'all that a shock can carry') FROM opres.shock;
SELECT ok(bool_or(tolerance::text ~ ' within ') AND bool_or(tolerance::text ~ ' by ') AND bool_or(tolerance::text ~ '^data loss ')
  AND bool_or(tolerance::text ~ ' in total per '), 'all four forms of tolerance') FROM opres.tolerance;
SELECT ok(bool_or(tolerance::text ~ 'on calendar jp-bank except calendar jp-month-end') AND bool_or(tolerance::text ~ 'jp-gotobi')
  AND bool_or(tolerance::text ~ 'on Mon-Fri'), 'business days, month-ends, 五十日, days of the week') FROM opres.tolerance;
SELECT is_empty($$
  SELECT code FROM opres.node WHERE name !~ '^[ -~]+$' OR coalesce(names->>'ja', '') = '' OR owner IS NULL OR country IS NULL
    OR reviewed_on IS NULL$$, 'every node: name in English and Japanese, owner, country, review');
SELECT is_empty($$SELECT code FROM opres.node WHERE names->>'ja' !~ '[ぁ-んァ-ヶ一-龠]' AND code NOT IN ('tp.swift')$$,
  'Japanese names are Japanese');
SELECT is_empty($$SELECT code FROM opres.scenario WHERE name !~ '^[ -~]+$' OR names->>'ja' !~ '[ぁ-んァ-ヶ一-龠]' OR start IS NULL$$,
  'every scenario: both names, a start');
SELECT is_empty($$SELECT code FROM opres.node WHERE kind = 'operation' AND (rto IS NULL OR rpo IS NULL OR mtpd IS NULL)$$,
  'every operation: RTO, RPO, MTPD');
SELECT is_empty($$
  SELECT n.code FROM opres.node n WHERE n.kind = 'operation'
    AND NOT EXISTS (SELECT FROM opres.tolerance t WHERE t.operation = n.code)$$, 'every operation: a tolerance');
SELECT is_empty($$
  SELECT op.code, channel
  FROM (VALUES ('op.transfer', 'counter'), ('op.transfer', 'atm'), ('op.transfer', 'internet'), ('op.atm-cash', 'atm'),
               ('op.internet', 'internet'), ('op.internet', 'call centre'), ('op.accounts', 'counter'), ('op.accounts', 'call centre'),
               ('op.fx', 'counter'), ('op.fx', 'internet'), ('op.stop', 'call centre'), ('op.card', 'merchant')) op(code, channel)
  WHERE NOT EXISTS (SELECT FROM opres.depends_on(op.code) d JOIN opres.node n ON n.code = d.node
                    WHERE n.kind = 'process' AND n.attributes->>'channel' = channel)$$,
  'the operations are reached through counter, ATM, internet and call centre');
SELECT is_empty($$SELECT code FROM opres.node WHERE kind = 'third_party' AND (attributes->>'rank')::int NOT BETWEEN 1 AND 3$$,
  'third parties have a rank');
SELECT is((SELECT count(DISTINCT attributes->>'rank') FROM opres.node WHERE kind = 'third_party'), 3::bigint, 'of rank 1, 2 and 3');

-- The causes the analysis report of June 2025 names, and the scenario of each.
SELECT is_empty($$
  SELECT cause, scenario
  FROM (VALUES
    ('cyber attack: ransomware', 'ransomware-office'),
    ('cyber attack: ransomware at the joint centre', 'ransomware-joint-centre'),
    ('cyber attack: DDoS', 'ddos'),
    ('cyber attack: leak at a supplier', 'supplier-leak'),
    ('cyber attack: theft by social engineering (crypto-assets; here the authority to sign)', 'signing-theft'),
    ('cyber attack: account takeover', 'account-takeover'),
    ('system merger or change: assumption on reuse wrong', 'atm-change'),
    ('daily operation: failure of a third-party product', 'storage-controller'),
    ('daily operation: redundancy that did not work', 'storage-no-failover'),
    ('daily operation: redundancy that did not work, Zengin', 'relay-computers'),
    ('daily operation: redundancy that did not work, site', 'dc-east-lost-standby-fails'),
    ('daily operation: poor recovery', 'poor-recovery'),
    ('program update and special work: wrong procedure', 'wrong-procedure'),
    ('faulty security-software update', 'security-update'),
    ('cloud', 'cloud-region-lost'), ('cloud, worse than expected', 'cloud-provider-lost'),
    ('settlement infrastructure: Zengin', 'zengin-halt'), ('settlement infrastructure: BOJ-NET', 'boj-net-halt'),
    ('data centre', 'dc-east-lost'), ('joint centre', 'joint-centre-stops'), ('telecom carrier', 'carrier-a-lost'),
    ('shared conduit', 'conduit-cut'), ('power', 'power-east-cut'), ('natural disaster', 'earthquake'),
    ('people: pandemic', 'pandemic'), ('people: strike', 'cash-carrier-strike'), ('people: sudden leave', 'sudden-leave')
  ) library(cause, scenario)
  WHERE NOT EXISTS (SELECT FROM opres.scenario s WHERE s.code = scenario)$$, 'every cause has its scenario');

-- Calendars: facts of the years 2026 and 2027 -------------------------------------------------------------------------
SELECT is((SELECT count(*) FROM opres.calendar_day WHERE calendar = 'jp-month-end'), 24::bigint, 'two years have 24 month-ends');
SELECT is_empty($$
  SELECT day FROM opres.calendar_day WHERE calendar = 'jp-bank' AND (extract(isodow FROM day) > 5 OR day IN (
    '2026-01-01', '2026-01-02', '2026-01-12', '2026-02-11', '2026-02-23', '2026-03-20', '2026-04-29', '2026-05-04', '2026-05-05',
    '2026-05-06', '2026-07-20', '2026-08-11', '2026-09-21', '2026-09-22', '2026-09-23', '2026-10-12', '2026-11-03', '2026-11-23',
    '2026-12-31', '2027-01-01', '2027-01-11', '2027-02-11', '2027-02-23', '2027-03-22', '2027-04-29', '2027-05-03', '2027-05-04',
    '2027-05-05', '2027-07-19', '2027-08-11', '2027-09-20', '2027-09-23', '2027-10-11', '2027-11-03', '2027-11-23', '2027-12-31'))$$,
  'closed on Saturdays, Sundays, holidays and from 31 December');
-- 522 weekdays in the two years, less the 36 days above
SELECT is((SELECT count(*) FROM opres.calendar_day WHERE calendar = 'jp-bank'), 486::bigint, 'and open on all other days');
SELECT set_has($$SELECT day FROM opres.calendar_day WHERE calendar = 'jp-month-end'$$,
  $$VALUES (date '2026-10-30'), ('2026-11-30'), ('2026-12-30'), ('2027-01-29'), ('2027-02-26'), ('2027-03-31')$$, 'month-ends of the winter');
SELECT set_has($$SELECT day FROM opres.calendar_day WHERE calendar = 'jp-gotobi'$$,
  $$VALUES (date '2026-12-04'), ('2026-12-10'), ('2026-12-15'), ('2026-12-18'), ('2026-12-25'), ('2026-12-30')$$,
  'the 五十日 of December 2026: the 5th is a Saturday, the 20th a Sunday');
SELECT is_empty($$
  SELECT day FROM opres.calendar_day WHERE calendar <> 'jp-bank'
  EXCEPT SELECT day FROM opres.calendar_day WHERE calendar = 'jp-bank'$$, 'month-ends and 五十日 are business days');

-- Reviews age with the calendar; the map is made for late 2026, whenever the test runs.
UPDATE opres.node SET reviewed_on = reviewed_on + (current_date - date '2026-11-21');
SELECT is_empty($$SELECT * FROM opres.check_map() WHERE severity = 'error'$$, 'no errors in the map');
SELECT set_eq($$SELECT subject FROM opres.check_map() WHERE severity = 'warning'$$,
  ARRAY['member proc.card-auth / gateway / sys.card-gw-2', 'member sys.storage-east / controllers / sys.storage-e2',
        'member sys.ib-web / cloud region / fac.cloud-osaka', 'member sys.ib-app / cloud region / fac.cloud-osaka',
        'member sys.customer-id / cloud region / fac.cloud-osaka', 'node fac.cash-centre', 'tolerance op.custody / 100% within 6h',
        'tolerance op.internet / 70% within 1h'], 'and the warnings the README explains');
SELECT bag_eq('SELECT severity, subject FROM opres.check_map(''ja'')', 'SELECT severity, subject FROM opres.check_map()',
  'the same in Japanese');

-- Outages -------------------------------------------------------------------------------------------------------------
CREATE TEMP TABLE result AS
SELECT s.code AS scenario, o.* FROM opres.scenario s CROSS JOIN opres.simulate(s.code) o;

CREATE FUNCTION pg_temp.breach(scenario text, operation text, tolerance text) RETURNS interval LANGUAGE sql AS $$
  SELECT breached_at FROM result WHERE scenario = $1 AND operation = $2 AND tolerance = $3::opres.impact_tolerance
$$;
CREATE FUNCTION pg_temp.cause(scenario text, operation text, tolerance text) RETURNS text[] LANGUAGE sql AS $$
  SELECT cause FROM result WHERE scenario = $1 AND operation = $2 AND tolerance = $3::opres.impact_tolerance
$$;
CREATE FUNCTION pg_temp.breached(scenario text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT DISTINCT operation FROM result WHERE scenario = $1 AND NOT met
$$;
CREATE FUNCTION pg_temp.recovered(scenario text, operation text) RETURNS interval LANGUAGE sql AS $$
  SELECT max(recovered_at) FROM result WHERE scenario = $1 AND operation = $2
$$;
CREATE FUNCTION pg_temp.back_at(scenario text, node text) RETURNS interval LANGUAGE sql AS $$
  SELECT max(at) FROM opres.simulate_levels(scenario) l WHERE l.node = $2 AND l.level = 1
$$;

SELECT is((SELECT count(*) FROM result), (SELECT count(*) FROM opres.scenario) * (SELECT count(*) FROM opres.tolerance),
  'a row per scenario, operation and tolerance');
SELECT is_empty('SELECT * FROM result WHERE met IS NULL', 'every tolerance is decided: all scenarios have a start');
SELECT is_empty($$SELECT * FROM result WHERE met <> (breached_at IS NULL)$$, 'met means never breached');
SELECT is_empty($$SELECT * FROM result r WHERE NOT met AND cause[1] <> operation$$,
  'a cause starts at the operation');
SELECT is_empty($$
  SELECT * FROM result r WHERE NOT met AND scenario <> 'conduit-cut'
    AND NOT EXISTS (SELECT FROM opres.shock s WHERE s.scenario = r.scenario AND s.node = r.cause[cardinality(r.cause)])$$,
  'and ends at a node that was hit');

-- East lost for 4 h, 08:00 on a month-end that is a 五十日 too. Core banking: 75 min until the west carries load + 20 restart = 95.
SELECT set_eq($$SELECT pg_temp.breached('dc-east-lost')$$,
  $$VALUES ('op.card'), ('op.atm-cash'), ('op.internet'), ('op.accounts'), ('op.bulk')$$,
  'east lost: breached are cards and whatever must be back within the hour');
-- 4 h + data centre 20 min + gateway 5 min: both gateways are in the east
SELECT is(pg_temp.recovered('dc-east-lost', 'op.card'), '4h 25min', 'east lost: cards wait for the site itself');
SELECT is(pg_temp.cause('dc-east-lost', 'op.card', '95% within 30min'), '{op.card,proc.card-auth,sys.card-gw-1,fac.dc-east}',
  'east lost: and that is the path of the cause');
SELECT is(pg_temp.recovered('dc-east-lost', 'op.atm-cash'), '95 min', 'east lost: ATMs work once core banking is back');
SELECT is(pg_temp.breach('dc-east-lost', 'op.accounts', '95% by 09:00 Asia/Tokyo on calendar jp-bank'), '1h', 'east lost: not open at nine');
-- 95 min + 15 to start crediting incoming transfers
SELECT is(pg_temp.recovered('dc-east-lost', 'op.transfer'), '110 min', 'east lost: transfers are back before two hours');
-- treasury system in the west after 2 h + 20 min; one hour of funding in hand: short from 1:00 to 2:20
SELECT results_eq($$SELECT time_below FROM result WHERE scenario = 'dc-east-lost' AND operation = 'op.boj'
  AND tolerance = '100% within 2h'::opres.impact_tolerance AND met$$, $$VALUES (interval '80 min')$$,
  'east lost: funding runs short for 80 minutes, settlement stays within its two hours');
-- custody system 2 h + 30 min, delivery 15
SELECT is(pg_temp.recovered('dc-east-lost', 'op.custody'), '2h 45min', 'east lost: custody');
SELECT results_eq($$SELECT DISTINCT data_loss FROM result WHERE scenario = 'dc-east-lost' AND operation = 'op.transfer'$$,
  $$VALUES (interval '5 s')$$, 'east lost: what is lost is the lag of the replica, not the ten minutes of the ledger in the east');

-- 4 h + data centre 20 + key device 15 + core banking east 40 + service 20
SELECT is(pg_temp.back_at('dc-east-lost-standby-fails', 'sys.core'), '5h 35min', 'stand-by fails: restart after restart');
SELECT is(pg_temp.breach('dc-east-lost-standby-fails', 'op.transfer', '80% within 2h'), '2h', 'stand-by fails: transfers breach');
SELECT ok(pg_temp.breach('dc-east-lost-standby-fails', 'op.transfer', '100% by 16:30 Asia/Tokyo on calendar jp-month-end') IS NULL,
  'stand-by fails: back before the longer core time of the month-end closes');

SELECT is_empty($$SELECT * FROM result WHERE scenario = 'storage-controller' AND worst_level < 1$$,
  'one storage controller: one minute to the twin, writes wait two: not felt');
-- writes wait 2 min + change of site 75 + service 20
SELECT is(pg_temp.back_at('storage-no-failover', 'sys.core'), '97 min', 'both: the whole site has to change over');

SELECT is_empty($$SELECT pg_temp.breached('supplier-leak')$$, 'the leak breaches no tolerance');
SELECT is_empty($$SELECT pg_temp.breached('poor-recovery')$$, 'poor recovery in the night is just made good by the morning');
SELECT set_eq($$SELECT DISTINCT operation FROM result WHERE scenario = 'power-east-cut' AND operation IN ('op.boj', 'op.custody', 'op.card')
  AND worst_level = 1$$, $$VALUES ('op.boj'), ('op.custody'), ('op.card')$$, 'power cut: UPS and generator carry the data centre');

-- Phones: 30 min to the other carrier + lines 5 + telephony 10; 30 min are allowed
SELECT set_eq($$SELECT pg_temp.breached('carrier-a-lost')$$, $$VALUES ('op.stop')$$, 'carrier lost: only the emergency line breaches');
SELECT is(pg_temp.recovered('carrier-a-lost', 'op.stop'), '45 min', 'carrier lost: 45 minutes without phones');
SELECT is(pg_temp.cause('carrier-a-lost', 'op.stop', '90% within 30min'),
  '{op.stop,proc.stop-phone,sys.cti,net.voice,tp.carrier-a}', 'carrier lost: down to the carrier');

-- From the network to the identity service, to the names, and those need the network: the path ends where it would repeat.
SELECT is(pg_temp.cause('conduit-cut', 'op.transfer', '80% within 2h'),
  '{op.transfer,proc.tr-counter,sys.teller,net.wan,sys.identity,sys.dns-internal}', 'conduit cut: the cause is a circle');
-- The identity service retries for 5 min; cached log-ins for one hour, sealed accounts after four; 2 min restart
SELECT is(pg_temp.back_at('conduit-cut', 'net.wan'), '4h 7min', 'conduit cut for two hours: the network is down for four');
SELECT results_eq($$
  SELECT max(at) FROM opres.simulate_shocks_levels('[{"code": "cut", "node": "tp.conduit", "duration": "50 min"}]')
  WHERE node = 'net.wan'$$, $$VALUES (interval '52 min')$$, 'cut for 50 minutes: down for 52, the cached log-in still works');

-- Waves at 0, 2 h and 5 h; the mitigation service is gone from 0:30 to 3:30: no start before that, 5 min restart
SELECT results_eq($$SELECT at, level FROM opres.simulate_levels('ddos') WHERE node = 'net.internet' ORDER BY at$$,
  $$VALUES (interval '0', 0.1::float8), ('3h 35min', 1), ('5h', 0.1), ('6h 5min', 1)$$, 'DDoS: two waves become one outage');

-- Ill until 60 h, 20 min restart, instead of 5:10 + 20 min
SELECT is(pg_temp.back_at('sudden-leave', 'sys.core'), '60h 20min', 'a restart of ten minutes waits for the second key custodian');
SELECT is(pg_temp.cause('sudden-leave', 'op.transfer', '100% by 07:30 Asia/Tokyo on calendar jp-month-end'),
  '{op.transfer,proc.tr-post,sys.core,ppl.key-a}', 'and the cause is the custodian who left');

-- 46 h + 2 h restart = the 48 h of cash in the machines
SELECT results_eq($$
  SELECT hours, (SELECT min(worst_level) FROM opres.simulate_shocks(
    jsonb_build_array(jsonb_build_object('code', 'strike', 'node', 'tp.cash-carrier', 'duration', hours || ' hours 1 min'))) o
    WHERE o.operation = 'op.atm-cash') < 1
  FROM unnest(ARRAY[45, 46]) hours$$, $$VALUES (45, false), (46, true)$$, 'a strike is felt at the ATMs from 46 hours on');
SELECT is_empty($$SELECT * FROM opres.simulate_shocks('[{"code": "strike", "node": "tp.cash-carrier", "duration": "46h"}]')
  WHERE operation = 'op.atm-cash' AND worst_level < 1$$, 'a loss just as long as the buffer is not felt');

-- BOJ-NET 12:00 to 17:00, 10 min restart; 17:15 is the month-end's cut-off
SELECT is(pg_temp.breach('boj-net-halt', 'op.boj', '100% within 2h'), '2h', 'BOJ-NET: two hours are breached');
SELECT is(pg_temp.breach('boj-net-halt', 'op.boj', '100% by 17:15 Asia/Tokyo on calendar jp-month-end'), NULL, 'BOJ-NET: the cut-off is met');
SELECT is(pg_temp.breach('boj-net-halt', 'op.custody', '100% by 15:00 Asia/Tokyo on calendar jp-bank'), '3h', 'BOJ-NET: custody has its own');

-- Halt from 07:20 on; messages wait 15 minutes, so 07:30 is met; 16:30 is not
SELECT is(pg_temp.breach('zengin-halt', 'op.transfer', '100% by 07:30 Asia/Tokyo on calendar jp-month-end'), NULL, 'Zengin: 07:30 just met');
SELECT is(pg_temp.breach('zengin-halt', 'op.transfer', '100% by 16:30 Asia/Tokyo on calendar jp-month-end'), '9h 10min', 'Zengin: 16:30 missed');

-- Both copies are 14 h old: the second does not help
SELECT results_eq($$SELECT DISTINCT data_loss FROM result WHERE scenario = 'ransomware-joint-centre' AND operation = 'op.transfer'$$,
  $$VALUES (interval '14 h')$$, 'ransomware at the joint centre: fourteen hours of transfers');
SELECT set_eq($$SELECT operation FROM result WHERE scenario = 'ransomware-office' AND tolerance::text ~ '^data loss' AND NOT met$$,
  $$VALUES ('op.loans')$$, 'ransomware in the office: the loan files');
SELECT is_empty('SELECT * FROM opres.restart_deadlocks()', 'circles, but no restart deadlock');

-- Fuel for three days, UPS for ten minutes; power for the data centre is back after four days, 20 min restart
SELECT results_eq($$SELECT at, level FROM opres.simulate_levels('earthquake') WHERE node = 'fac.dc-east' ORDER BY at$$,
  $$VALUES (interval '72h 10min', 0::float8), ('96h 20min', 1)$$, 'earthquake: the data centre falls on the fourth day');
SELECT set_eq($$SELECT pg_temp.breached('pandemic')$$, $$VALUES ('op.accounts'), ('op.custody'), ('op.loans')$$,
  'pandemic: a thin securities back office and the counters; transfers move to other channels');

SELECT * FROM finish();
ROLLBACK;
