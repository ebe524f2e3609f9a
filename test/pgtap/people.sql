-- People, their logins and roles, contacts, who is on call, whom to call, calls made, erasing.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL TimeZone = 'UTC';

CREATE ROLE opres_registrar;
CREATE ROLE opres_responder;
CREATE ROLE opres_tanaka;
CREATE ROLE opres_tanaka_admin;
CREATE ROLE opres_both;
GRANT USAGE ON SCHEMA public TO PUBLIC;
SELECT opres.grant_access('opres_registrar', 'registrar', 'a test'), opres.grant_access('opres_responder', 'responder', 'a test'),
  opres.grant_access('opres_tanaka', 'responder', 'a test'), opres.grant_access('opres_tanaka_admin', 'registrar', 'a test');

-- What the trail will say, as it stands before the commit, without the numbers.
SELECT is((SELECT opres.acts_to_record()), '{}', 'nothing to record of people yet');

SET SESSION AUTHORIZATION opres_registrar;
SELECT is(opres.acting_person(), '@opres_registrar', 'nobody''s login acts for itself');
SELECT lives_ok($$SELECT opres.save_person('p.tanaka', 'Tanaka Hanako', '{"ja": "田中花子"}', 'The Bank', 'Systems', '{090-1111,03-2222}', 'tanaka@bank.example',
  'after 22h by mail', '{opres_tanaka,opres_tanaka_admin}')$$, 'a person is added');
SELECT lives_ok($$SELECT opres.save_person('p.suzuki', 'Suzuki', logins => '{opres_responder}'), opres.save_person('p.sato', 'Sato', phones => '{080-3}'),
  opres.save_person('p.ito', 'Ito')$$, 'others');
RESET SESSION AUTHORIZATION;
SELECT results_eq($$SELECT code, name, names->>'ja', organisation, department, phones, email, note FROM opres.person WHERE code = 'p.tanaka'$$,
  $$VALUES ('p.tanaka' COLLATE "C", 'Tanaka Hanako', '田中花子', 'The Bank', 'Systems', '{090-1111,03-2222}'::text[], 'tanaka@bank.example', 'after 22h by mail')$$, 'as given');
SELECT set_eq($$SELECT login::text FROM opres.person_login WHERE person = 'p.tanaka'$$, '{opres_tanaka,opres_tanaka_admin}'::text[], 'with her logins');

-- Who acts -------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_tanaka;
SELECT is(opres.acting_person(), 'p.tanaka', 'a login is a person');
SET SESSION AUTHORIZATION opres_tanaka_admin;
SELECT is(opres.acting_person(), 'p.tanaka', 'two logins are one person');
SELECT throws_ok($$SELECT opres.save_role_holder('ciso', 'p.tanaka')$$, '42501', 'nobody changes her own roles', 'nobody gives herself a role');
SELECT throws_ok($$SELECT opres.remove_role_holder('ciso', 'p.tanaka')$$, '42501', 'nobody changes her own roles', 'nor takes one');
SELECT throws_ok($$SELECT opres.save_person('p.suzuki', logins => '{opres_responder,opres_tanaka_admin}')$$, '42501', 'nobody changes her own login',
  'nor becomes somebody else');
SELECT throws_ok($$SELECT opres.save_person('p.tanaka', logins => '{opres_tanaka}')$$, '42501', 'nobody changes her own login', 'nor somebody less');
SELECT throws_ok($$SELECT opres.erase_person('p.tanaka', 'me')$$, '42501', 'nobody changes her own record by erasing it', 'nor nobody');
SELECT lives_ok($$SELECT opres.save_person('p.tanaka', phones => '{090-1111}')$$, 'her telephone she may change');
RESET SESSION AUTHORIZATION;
CREATE ROLE opres_member IN ROLE opres_tanaka;
SET SESSION AUTHORIZATION opres_member;
SET ROLE opres_tanaka;
SELECT is(opres.acting_person(), 'p.tanaka', 'a login that is nobody''s acts for the person of its SET ROLE');
RESET ROLE;
SELECT is(opres.acting_person(), '@opres_member', 'without it, for itself');
RESET SESSION AUTHORIZATION;

-- Saving ---------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_registrar;
SELECT lives_ok($$SELECT opres.save_person('p.tanaka', department => 'Risk', email => '', phones => '{}')$$, 'some of it is changed');
RESET SESSION AUTHORIZATION;
SELECT results_eq($$SELECT name, department, phones, email, note FROM opres.person WHERE code = 'p.tanaka'$$,
  $$VALUES ('Tanaka Hanako', 'Risk', '{}'::text[], NULL::text, 'after 22h by mail')$$, 'empty empties, the rest stays');
SELECT throws_ok(format('SELECT opres.save_person(%s)', arguments), code, message, message)
FROM (VALUES
  ($$'@x'$$, '22023', '"@x" cannot be a code'), ($$''$$, '22023', '"" cannot be a code'), ($$NULL$$, '22023', 'NULL cannot be a code'),
  ($$'p', phones => '{a,NULL}'$$, '22023', 'phones must not contain null or an empty text'),
  ($$'p', phones => '{" "}'$$, '22023', 'phones must not contain null or an empty text'),
  ($$'p', names => '[]'$$, '22023', 'names must be an object of language codes and texts'),
  ($$'p', logins => '{opres_tanaka}'$$, '42710', 'login "opres_tanaka" is that of person "p.tanaka"')) AS t (arguments, code, message);

-- Roles ----------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_registrar;
SELECT lives_ok($$SELECT opres.save_role_holder('ciso', 'p.tanaka'), opres.save_role_holder('answers', 'p.sato'), opres.save_role_holder('ciso', 'p.sato', 2), opres.save_role_holder('deputy_ciso', 'p.ito')$$, 'they hold roles');
SELECT lives_ok($$SELECT opres.save_role_holder('ciso', 'p.ito', 3, '2026-01-01 00:00+00', '2026-02-01 00:00+00')$$, 'for a time');
SELECT is(opres.person_roles('p.ito', t), roles, t::text)
FROM (VALUES (timestamptz '2025-12-31 23:59+00', '{}'::text[]), ('2026-01-01 00:00+00', '{ciso}'), ('2026-01-31 23:59+00', '{ciso}'), ('2026-02-01 00:00+00', '{}')) AS v (t, roles);
SELECT is(opres.person_roles('p.ito', now()), '{deputy_ciso}', 'now');
SELECT is(opres.person_roles('nobody', now()), '{}', 'nobody holds nothing');
SELECT lives_ok($$SELECT opres.save_role_holder('ciso', 'p.ito', valid_until => '2026-01-20 00:00+00')$$, 'the end is changed');
SELECT results_eq($$SELECT rank, valid_from, valid_until FROM opres.role_holder WHERE (role, person) = ('ciso', 'p.ito')$$,
  $$VALUES (3, timestamptz '2026-01-01 00:00+00', timestamptz '2026-01-20 00:00+00')$$, 'nothing else');
SELECT throws_ok(format('SELECT opres.save_role_holder(%s)', arguments), code, message, message)
FROM (VALUES
  ($$'CISO', 'p.ito'$$, '22023', '"CISO" cannot be a role'), ($$NULL, 'p.ito'$$, '22023', 'NULL cannot be a role'),
  ($$'ciso', 'p.x'$$, '42704', 'there is no person "p.x"'), ($$'ciso', NULL$$, '42704', 'there is no person NULL'),
  ($$'ciso', 'p.sato', 0$$, '22023', 'the rank must be 1 or more'),
  ($$'ciso', 'p.sato', 1, '2026-02-01', '2026-01-01'$$, '22023', 'valid_from must be before valid_until')) AS t (arguments, code, message);
SELECT throws_ok($$SELECT opres.remove_role_holder('ciso', 'p.suzuki')$$, '42704', 'person "p.suzuki" does not hold the role "ciso"', 'who holds none loses none');

-- Contacts and on call ---------------------------------------------------------------------------------------------------------------
SELECT lives_ok($$SELECT opres.save_contact('fsa', 'authority', 'Financial Services Agency', '{"ja": "金融庁"}', phones => '{03-3506}', hours => '9-17'),
  opres.save_contact('vendor.core', 'vendor', 'Core vendor', contact_person => 'Mr X', night_phones => '{070-9}')$$, 'contacts are added');
SELECT throws_ok($$SELECT opres.save_contact('p.tanaka', 'vendor')$$, '42710', '"p.tanaka" is the code of a person', 'a code is a person''s');
SELECT throws_ok($$SELECT opres.save_person('fsa')$$, '42710', '"fsa" is the code of a contact', 'or a contact''s');
SELECT throws_ok($$SELECT opres.save_contact('c', 'friend')$$, '22023', 'there is no kind of contact "friend"', 'no such kind');
SELECT lives_ok($$SELECT opres.save_on_call('ciso', 'p.suzuki', now() - interval '1 hour', now() + interval '1 hour'),
  opres.save_on_call('ciso', 'p.sato', now() - interval '2 days', now() - interval '1 day'),
  opres.save_on_call('ciso', 'p.tanaka', now() + interval '1 hour', now() + interval '2 hours')$$, 'they are on call');
SELECT throws_ok($$SELECT opres.save_on_call('ciso', 'p.sato', NULL, now())$$, '22004', NULL, 'from when is needed');
SELECT throws_ok($$SELECT opres.save_on_call('ciso', 'p.sato', now(), now())$$, '22023', 'valid_from must be before valid_until', 'some time is needed');
SELECT lives_ok($$SELECT opres.save_on_call('ciso', 'p.ito', now(), 'infinity'), opres.remove_on_call('ciso', 'p.ito', now())$$, 'not on call after all');
SELECT throws_ok($$SELECT opres.remove_on_call('ciso', 'p.ito', now())$$, '42704', NULL, 'only once');
SELECT throws_ok($$SELECT * FROM opres.call_list('ciso')$$, '42501', NULL, 'who keeps the register needs not call');
SELECT throws_ok($$SELECT phones FROM opres.person$$, '42501', NULL, 'nor read tables');

-- Whom to call -----------------------------------------------------------------------------------------------------------------------
RESET SESSION AUTHORIZATION;
INSERT INTO opres.playbook (id, modified, name, revoked, canonical_hash, document, loaded_at, loaded_by)
SELECT 'playbook--' || i, timestamptz '2026-01-01' + i * interval '1 day', 'p', false, sha256(''), format('{"agent_definitions": {"a": {"agent_target_extensions":
  {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"role": "ciso", "deputies": %s}}}},
  "workflow": {"s1": {"step_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"accountable": "answers"}}}, "s2": {"step_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"approvals": [{"role": "deputy_ciso", "count": 1}]}}}}}', deputies), now(), 'x'
FROM (VALUES (1, '["deputy_ciso"]'), (2, '["ciso", "nobody_has"]')) AS t (i, deputies);
INSERT INTO opres.incident (id, title, attack_type, severity, confidential, time_zone, detected_at, opened_by, opened_at) OVERRIDING SYSTEM VALUE
VALUES (1, 'one', 'ddos', 50, false, 'Asia/Tokyo', now() - interval '1 day', 'x', now()), (2, 'secret', 'ddos', 50, true, 'Asia/Tokyo', now(), 'x', now());
INSERT INTO opres.run (id, incident, playbook, modified, pins, state, started_at, events, stamp) OVERRIDING SYSTEM VALUE
VALUES (11, 1, 'playbook--2', timestamptz '2026-01-03', jsonb_build_object('playbook--1', timestamptz '2026-01-02'), 'active', now(), 1, 1);
INSERT INTO opres.run_step (run, step, position, type, role, mandatory, state, round, overridden, doers, approvals)
VALUES (11, 's1', 1, 'action', 'ciso', true, 'reached', 0, false, '{}', 0), (11, 's0', 2, 'action', 'legal', true, 'done', 0, false, '{}', 0),
  (11, 'x/s2', 3, 'action', 'csirt', true, 'submitted', 0, false, '{}', 0);

SET SESSION AUTHORIZATION opres_responder;
SELECT results_eq($$SELECT "position", person, name, because, phones FROM opres.call_list('ciso')$$,
  $$VALUES (1::bigint, 'p.suzuki', 'Suzuki', 'on call', '{}'::text[]), (2, 'p.tanaka', 'Tanaka Hanako', 'holder', '{}'), (3, 'p.sato', 'Sato', 'holder', '{080-3}'),
    (4, 'p.ito', 'Ito', 'holder (deputy: deputy_ciso)', '{}')$$, 'on call, holders by rank, deputy roles; each once');
SELECT results_eq($$SELECT for_role, person, name, because FROM opres.call_list(incident => 1, lang => 'ja')$$,
  $$VALUES ('answers', 'p.sato', 'Sato', '役割の保有者'), ('ciso', 'p.suzuki', 'Suzuki', '当番'), ('ciso', 'p.tanaka', '田中花子', '役割の保有者'), ('ciso', 'p.sato', 'Sato', '役割の保有者'),
    ('ciso', 'p.ito', 'Ito', '役割の保有者（代行：deputy_ciso）'), ('deputy_ciso', 'p.ito', 'Ito', '役割の保有者')$$,
  'of an incident: whose turn it is, for steps and approvals; pinned playbooks name deputies too');
SELECT is_empty($$SELECT * FROM opres.call_list('legal')$$, 'a role that nobody holds');
SELECT throws_ok('SELECT * FROM opres.call_list()', '22004', 'neither a role nor an incident is given', 'neither role nor incident');
SELECT throws_ok($$SELECT * FROM opres.call_list('ciso', lang => 'fr')$$, '22023', 'unknown language "fr"', 'no other language');
SELECT throws_ok(format('SELECT * FROM opres.call_list(incident => %s)', i), '42704', format('there is no incident %s', i), 'an incident not seen') FROM unnest('{2,3}'::int[]) AS i;
SELECT results_eq('SELECT code, name, phones, night_phones FROM opres.contacts($$ja$$)',
  $$VALUES ('fsa', '金融庁', '{03-3506}'::text[], '{}'::text[]), ('vendor.core', 'Core vendor', '{}', '{070-9}')$$, 'contacts');

-- Calls --------------------------------------------------------------------------------------------------------------------------------
SELECT is(opres.record_call(1, 'p.sato', 'no_answer', 'rang at home, 080-3', now() - interval '10 min'), 1, 'a call is recorded');
SELECT is(opres.record_call(1, 'p.sato', 'left_message', occurred_at => now() - interval '5 min'), 2, 'another');
SELECT is(opres.record_call(1, 'fsa', 'reached', 'Ms Y'), 3, 'a contact');
SELECT results_eq($$SELECT number, kind, person, note, details->>'whom', details->>'outcome' FROM opres.incident_event WHERE incident = 1 ORDER BY 1$$,
  $$VALUES (1, 'call', 'p.suzuki' COLLATE "C", 'rang at home, 080-3', 'p.sato', 'no_answer'), (2, 'call', 'p.suzuki', NULL, 'p.sato', 'left_message'), (3, 'call', 'p.suzuki', 'Ms Y', 'fsa', 'reached')$$,
  'in the chronicle');
SELECT results_eq($$SELECT person, attempts, last_call_at, last_outcome FROM opres.call_list('ciso', 1)$$,
  $$VALUES ('p.suzuki', 0::bigint, NULL::timestamptz, NULL), ('p.tanaka', 0, NULL, NULL), ('p.sato', 2, now() - interval '5 min', 'left a message'), ('p.ito', 0, NULL, NULL)$$,
  'and in the list of whom to call');
SELECT results_eq('SELECT who, what FROM opres.timeline(1) ORDER BY number', $$VALUES ('Suzuki', 'Called Sato: no answer. rang at home, 080-3'), ('Suzuki', 'Called Sato: left a message'),
  ('Suzuki', 'Called Financial Services Agency: reached. Ms Y')$$, 'in words');
SELECT results_eq($$SELECT what FROM opres.timeline(1, 'ja') ORDER BY number LIMIT 1 OFFSET 2$$, $$VALUES ('金融庁へ架電：応答あり。Ms Y')$$, 'in Japanese');
SELECT throws_ok(format('SELECT opres.record_call(%s)', arguments), code, message, message)
FROM (VALUES
  ($$1, 'p.sato', 'angry'$$, '22023', 'unknown outcome of a call "angry"'), ($$1, 'fsa', NULL$$, '22023', 'unknown outcome of a call NULL'),
  ($$1, 'p.x', 'busy'$$, '42704', 'there is no person "p.x"'), ($$2, 'p.sato', 'busy'$$, '42704', 'there is no incident 2'),
  ($$1, 'p.sato', 'busy', occurred_at => now() + interval '1 day'$$, '23514', 'occurred_at lies in the future')) AS t (arguments, code, message);
RESET SESSION AUTHORIZATION;

-- Erasing: of calls that are committed see test/server/incident_people.py -------------------------------------------------------------
SET SESSION AUTHORIZATION opres_registrar;
SELECT throws_ok($$SELECT opres.erase_person('p.sato', 'left')$$, '55000', 'a call to be erased is not committed yet', 'not while a call is not committed');
SELECT throws_ok($$SELECT opres.erase_person('p.tanaka')$$, '22023', 'erasing a person needs a reason', 'a reason is needed');
RESET SESSION AUTHORIZATION;
INSERT INTO opres.incident_event (incident, number, kind, occurred_at, recorded_at, person, login, note)
VALUES (1, 4, 'annotate', now(), now(), 'p.tanaka', 'x', 'Tanaka Hanako says no'), (2, 1, 'annotate', now(), now(), 'p.ito', 'x', 'ask 田中花子');
INSERT INTO opres.incident_reader VALUES (2, 'person', 'p.tanaka', 'x', now());
SET SESSION AUTHORIZATION opres_registrar;
SELECT results_eq($$SELECT * FROM opres.erase_person('p.tanaka', 'left the bank')$$,
  $$VALUES ('erased', 'personal columns: department, name, names, note, organisation', 5::bigint), ('erased', 'which logins are hers', 2), ('erased', 'roles held', 1),
    ('erased', 'times on call', 1), ('erased', 'admissions to incidents', 1), ('erased', 'notes of calls to her, in the audit trail too', 0),
    ('remains', 'her code and the names of her logins in chronicles and in the audit trail', 1),
    ('remains', 'words in which her name or number stands: incident 1 event 4; 1 more in incidents you do not see', 2),
    ('remains', 'old copies in dead rows until VACUUM, the WAL, standbys, backups and dumps', NULL)$$, 'a person is erased');
SELECT throws_ok($$SELECT opres.erase_person('p.tanaka', 'again')$$, '42704', 'person "p.tanaka" was erased', 'once');
SELECT throws_ok($$SELECT opres.save_person('p.tanaka', 'Another')$$, '42704', 'person "p.tanaka" was erased', 'her code is not given to another');
SELECT throws_ok($$SELECT opres.save_role_holder('ciso', 'p.tanaka')$$, '42704', 'person "p.tanaka" was erased', 'she holds no role any more');
RESET SESSION AUTHORIZATION;
SELECT is((SELECT to_jsonb(p) - 'erased_at' FROM opres.person AS p WHERE code = 'p.tanaka'),
  '{"code": "p.tanaka", "name": null, "names": {}, "organisation": null, "department": null, "phones": [], "email": null, "note": null}', 'nothing is left');
SET SESSION AUTHORIZATION opres_tanaka;
SELECT is(opres.acting_person(), '@opres_tanaka', 'her login is nobody''s');
SET SESSION AUTHORIZATION opres_registrar;
SELECT lives_ok($$SELECT opres.remove_contact('vendor.core')$$, 'a contact is removed');
SELECT throws_ok($$SELECT opres.remove_contact('vendor.core')$$, '42704', 'there is no contact "vendor.core"', 'once');
RESET SESSION AUTHORIZATION;

-- As a document ----------------------------------------------------------------------------------------------------------------------------
DELETE FROM opres.person; DELETE FROM opres.person_login; DELETE FROM opres.role_holder; DELETE FROM opres.on_call; DELETE FROM opres.contact;
SET SESSION AUTHORIZATION opres_registrar;
CREATE FUNCTION pg_temp.document() RETURNS jsonb LANGUAGE sql AS $f$SELECT $${"people": [{"code": "p.a", "name": "A", "names": {"ja": "甲"}, "phones": ["1", "2"], "logins": ["opres_tanaka"]}, {"code": "p.b"}],
  "role_holders": [{"role": "ciso", "person": "p.a", "rank": 2, "valid_from": "2026-01-01T00:00:00+09:00", "valid_until": "infinity"}],
  "on_call": [{"role": "ciso", "person": "p.b", "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-01-08T00:00:00Z", "rank": 1}],
  "contacts": [{"code": "fsa", "kind": "authority", "night_phones": ["3"], "hours": "9-17"}]}$$::jsonb$f$;
SELECT is(opres.load_people(pg_temp.document()), 5::bigint, 'a document is loaded');
SELECT is(opres.dump_people(), '{"people": [{"code": "p.a", "name": "A", "names": {"ja": "甲"}, "organisation": null, "department": null, "phones": ["1", "2"], "email": null, "note": null, "logins": ["opres_tanaka"]},
    {"code": "p.b", "name": null, "names": {}, "organisation": null, "department": null, "phones": [], "email": null, "note": null, "logins": []}],
  "role_holders": [{"role": "ciso", "person": "p.a", "rank": 2, "valid_from": "2025-12-31T15:00:00+00:00", "valid_until": "infinity"}],
  "on_call": [{"role": "ciso", "person": "p.b", "valid_from": "2026-01-01T00:00:00+00:00", "valid_until": "2026-01-08T00:00:00+00:00", "rank": 1}],
  "contacts": [{"code": "fsa", "kind": "authority", "name": null, "names": {}, "organisation": null, "contact_person": null, "phones": [], "night_phones": ["3"], "email": null, "hours": "9-17", "note": null}]}',
  'and dumped');
RESET SESSION AUTHORIZATION;
CREATE TEMP TABLE dumped AS SELECT opres.dump_people() AS document;
SELECT is(opres.load_people(document), 5::bigint, 'what is dumped can be loaded') FROM dumped;
SELECT is(opres.dump_people(), document, 'and changes nothing') FROM dumped;
SELECT throws_ok(format('SELECT opres.load_people(%L)', document), code, message, message)
FROM (VALUES
  ('[]', '22023', '$: is not an object'), ('{"persons": []}', '22023', '$.persons: unknown member'), ('{"people": {}}', '22023', '$.people: is not an array'),
  ('{"people": [1]}', '22023', '$.people[0]: is not an object'), ('{"people": [{"code": "p.a"}, {"phone": "1"}]}', '22023', '$.people[1].phone: unknown member'),
  ('{"people": [{"name": "x"}]}', '22023', '$.people[0].code: missing'), ('{"people": [{"code": 1}]}', '22023', '$.people[0].code: is 1'),
  ('{"people": [{"code": "p.a", "phones": "1"}]}', '22023', '$.people[0].phones: is "1"'), ('{"people": [{"code": "p.a", "phones": [1]}]}', '22023', '$.people[0].phones: is [1]'),
  ('{"people": [{"code": "p.c", "logins": ["opres_tanaka"]}]}', '42710', '$.people[0]: login "opres_tanaka" is that of person "p.a"'),
  ('{"role_holders": [{"role": "ciso", "person": "p.x"}]}', '42704', '$.role_holders[0]: there is no person "p.x"'),
  ('{"role_holders": [{"role": "ciso", "person": "p.a", "rank": 1.5}]}', '22023', '$.role_holders[0].rank: is 1.5'),
  ('{"role_holders": [{"role": "ciso", "person": "p.a", "valid_from": "today"}]}', '22023', '$.role_holders[0].valid_from: is "today"'),
  ('{"role_holders": [{"role": "ciso", "person": "p.a", "valid_from": "2026-02-30T00:00:00Z"}]}', '22023', '$.role_holders[0].valid_from: is "2026-02-30T00:00:00Z"'),
  ('{"on_call": [{"role": "ciso", "person": "p.a", "valid_from": "2026-01-01T00:00:00"}]}', '22023', '$.on_call[0].valid_from: is "2026-01-01T00:00:00"'),
  ('{"contacts": [{"code": "p.a"}]}', '42710', '$.contacts[0]: "p.a" is the code of a person')) AS t (document, code, message);
SELECT is(opres.dump_people(), document, 'what is wrong changes nothing') FROM dumped;
SELECT * FROM finish();
ROLLBACK;
