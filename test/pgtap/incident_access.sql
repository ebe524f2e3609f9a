-- Who sees an incident and what belongs to it: all readers, unless it is confidential; then auditors, who opened it and who is admitted.
BEGIN;
SELECT no_plan();
SET LOCAL opres.reason = 'a test';
SET LOCAL client_min_messages = warning;

CREATE ROLE opres_none;
CREATE ROLE opres_reader;
CREATE ROLE opres_auditor;
CREATE ROLE opres_commander;
CREATE ROLE opres_opener;
CREATE ROLE opres_tanaka;
CREATE ROLE opres_counsel;
CREATE ROLE opres_lawyer IN ROLE opres_counsel;
GRANT USAGE ON SCHEMA public TO PUBLIC;
SELECT opres.grant_access('opres_reader', 'reader'), opres.grant_access('opres_auditor', 'auditor'), opres.grant_access('opres_commander', 'commander'),
  opres.grant_access('opres_opener', 'responder'), opres.grant_access('opres_tanaka', 'reader'), opres.grant_access('opres_counsel', 'reader');

-- No privilege belongs to two accesses that do not rest on each other: else taking one away would take it from the other.
SELECT is_empty('SELECT privilege, object FROM opres.access_privileges() GROUP BY privilege, object HAVING count(*) > 1',
  'a privilege belongs to one access');
SELECT is_empty($$SELECT * FROM opres.access_rests_on() AS r JOIN opres.access_rests_on() AS s ON s.access = r.base
  WHERE NOT EXISTS (SELECT FROM opres.access_rests_on() AS t WHERE t.access = r.access AND t.base = s.base)$$, 'bases of bases are listed');

SELECT is_empty($$SELECT c.oid::regclass FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
  WHERE c.relnamespace = 'opres'::regnamespace AND c.relkind = 'r' AND a.attname IN ('incident', 'run') AND NOT c.relrowsecurity$$,
  'what belongs to an incident or a run is under row-level security');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class AS c WHERE c.relnamespace = 'opres'::regnamespace AND c.relkind = 'v'
  AND NOT coalesce(reloptions && '{security_barrier=true,security_invoker=true}', false) AND EXISTS (SELECT FROM pg_depend AS d JOIN pg_rewrite AS w ON w.oid = d.objid
    JOIN pg_class AS t ON t.oid = d.refobjid WHERE d.classid = 'pg_rewrite'::regclass AND w.ev_class = c.oid AND t.relrowsecurity)$$,
  'a view over them lets no function of the asker''s see a row first');

INSERT INTO opres.person (code, name) VALUES ('p.opener', 'Opener'), ('p.tanaka', 'Tanaka');
INSERT INTO opres.person_login VALUES ('opres_opener', 'p.opener'), ('opres_tanaka', 'p.tanaka');
INSERT INTO opres.incident (id, title, attack_type, severity, confidential, time_zone, detected_at, opened_by, opened_at) OVERRIDING SYSTEM VALUE
VALUES (1, 'open', 'ddos', 50, false, 'Asia/Tokyo', now(), 'p.opener', now()),
       (2, 'secret', 'insider', 50, true, 'Asia/Tokyo', now(), 'p.opener', now());
INSERT INTO opres.incident_node (incident, node, state, level, since) SELECT id, 'n', 'lost', 0, now() FROM opres.incident;
INSERT INTO opres.incident_event (incident, number, kind, occurred_at, recorded_at, person, login)
  SELECT id, 1, 'opened', now(), now(), 'p.opener', 'opres_opener' FROM opres.incident;
INSERT INTO opres.playbook (id, modified, name, revoked, canonical_hash, document, loaded_at, loaded_by)
  VALUES ('p', now(), 'p', false, sha256(''), '{}', now(), 'x');
INSERT INTO opres.run (id, incident, playbook, modified, pins, state, started_at, events, stamp) OVERRIDING SYSTEM VALUE
  SELECT id + 10, id, 'p', now(), '{}', 'active', now(), 1, 1 FROM opres.incident;
INSERT INTO opres.run_event (run, number, kind, occurred_at, recorded_at, login) SELECT id, 1, 'begin', now(), now(), 'x' FROM opres.run;
INSERT INTO opres.run_step (run, step, position, type, mandatory, state, round, overridden, doers, approvals)
  SELECT id, 's', 1, 'action', true, 'reached', 0, false, '{}', 0 FROM opres.run;
INSERT INTO opres.run_report (run, report, step, position, confirmed, needed) SELECT id, 'r', 's', 1, true, true FROM opres.run;
INSERT INTO opres.run_ratification (run, event, person, due_at) SELECT id, 1, 'p.tanaka', now() FROM opres.run;

-- What a role sees of the two incidents, table by table: {incident,...}.
CREATE FUNCTION pg_temp.sees(role name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text := '';
  found text;
  t text;
BEGIN
  EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', role);
  FOREACH t IN ARRAY '{incident,incident_node,incident_event,incident_reader,run,run_event,run_step,run_report,run_ratification}'::text[] LOOP
    EXECUTE format('SELECT coalesce(string_agg(DISTINCT i::text, '','' ORDER BY i::text), ''-'') FROM (SELECT %s AS i FROM opres.%I) AS x',
      CASE WHEN t = 'incident' THEN 'id' WHEN t ~ '^incident|^run$' THEN 'incident' ELSE 'run - 10' END, t) INTO found;
    said := said || CASE WHEN t = 'incident_reader' THEN '' ELSE found || ' ' END;
  END LOOP;
  EXECUTE 'SELECT concat(opres.sees_incident(1), opres.sees_incident(2), opres.sees_incident(3))' INTO found;
  RESET SESSION AUTHORIZATION;
  RETURN said || found;
EXCEPTION WHEN insufficient_privilege THEN
  RETURN 'denied';
END
$$;
CREATE FUNCTION pg_temp.both() RETURNS text LANGUAGE sql AS $$SELECT repeat('1,2 ', 8) || 'ttf'$$;
CREATE FUNCTION pg_temp.one() RETURNS text LANGUAGE sql AS $$SELECT repeat('1 ', 8) || 'tff'$$;

SELECT is(pg_temp.sees('opres_none'), 'denied', 'nobody sees anything');
SELECT is(pg_temp.sees('opres_reader'), pg_temp.one(), 'a reader sees what is not confidential');
SELECT is(pg_temp.sees('opres_commander'), pg_temp.one(), 'so does a commander');
SELECT is(pg_temp.sees('opres_auditor'), pg_temp.both(), 'an auditor sees all');
SELECT is(pg_temp.sees('opres_opener'), pg_temp.both(), 'who opened it sees it');
SELECT is(pg_temp.sees('opres_tanaka'), pg_temp.one(), 'others do not');
SELECT is(pg_temp.sees('postgres'), pg_temp.both(), 'a superuser sees all');

-- Admitting -------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_commander;
SELECT throws_ok(format('SELECT opres.admit_to_incident(%s, %L)', incident, 'p.tanaka'), '42704', format('there is no incident %s', incident),
  'a commander cannot admit to what she does not see, nor learn that it is there') FROM unnest('{2,3}'::int[]) AS incident;
SELECT throws_ok(format('SELECT opres.remove_from_incident(%s, %L)', incident, 'p.tanaka'), '42704', format('there is no incident %s', incident),
  'nor remove') FROM unnest('{2,3}'::int[]) AS incident;
SELECT throws_ok($$SELECT opres.admit_to_incident(NULL, 'p.tanaka')$$, '22004', 'the incident must not be null', 'no incident');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION opres_opener;
SELECT throws_ok($$SELECT opres.admit_to_incident(2, 'p.tanaka')$$, '42501', NULL, 'a responder does not admit');
SELECT throws_ok('SELECT opres.admit_acting_person(2)', '42501', NULL, 'nor herself');
SELECT throws_ok($$INSERT INTO opres.incident_reader SELECT 2, 'person', 'p.tanaka', 'x', now()$$, '42501', NULL, 'nor by hand');
RESET SESSION AUTHORIZATION;
SELECT opres.grant_access('opres_opener', 'commander');
SET SESSION AUTHORIZATION opres_opener;
SELECT lives_ok($$SELECT opres.admit_to_incident(2, 'p.tanaka')$$, 'a commander who sees it admits');
SELECT throws_ok($$SELECT opres.admit_to_incident(2, 'p.suzuki')$$, '42704', 'there is no person "p.suzuki"', 'no such person');
SELECT throws_ok($$SELECT opres.admit_to_incident(2, 'ciso', 'holders')$$, '42704', 'nobody holds the role "ciso"', 'no such role');
SELECT throws_ok($$SELECT opres.admit_to_incident(2, 'x y', 'database_role')$$, '42704', 'there is no database role "x y"', 'no such database role');
SELECT throws_ok($$SELECT opres.admit_to_incident(2, 'p.tanaka', 'friend')$$, '22023', 'unknown kind of reader friend', 'no such kind');
SELECT throws_ok($$SELECT opres.admit_to_incident(2, NULL)$$, '22004', NULL, 'no reader');
SELECT throws_ok($$SELECT set_config('opres.reason', '', true), opres.admit_to_incident(2, 'p.opener')$$, '22023',
  'admitting somebody to an incident needs a reason', 'a reason is needed');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.sees('opres_tanaka'), pg_temp.both(), 'who is admitted sees it');
SELECT is(pg_temp.sees('opres_commander'), pg_temp.one(), 'nobody else does');
SET SESSION AUTHORIZATION opres_tanaka;
SELECT results_eq('SELECT incident, kind, reader, admitted_by FROM opres.incident_reader',
  $$VALUES (2::bigint, 'person', 'p.tanaka' COLLATE "C", 'p.opener' COLLATE "C")$$, 'and who else does');
SET SESSION AUTHORIZATION opres_reader;
SELECT is_empty('TABLE opres.incident_reader', 'others do not see who does');
SET SESSION AUTHORIZATION opres_opener;
SELECT lives_ok($$SELECT opres.remove_from_incident(2, 'p.tanaka')$$, 'removed');
SELECT throws_ok($$SELECT opres.remove_from_incident(2, 'p.tanaka')$$, '42704', 'person "p.tanaka" is not admitted to incident 2', 'only once');
SELECT lives_ok($$SELECT opres.admit_to_incident(2, 'opres_counsel', 'database_role')$$, 'a database role is admitted');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.sees('opres_tanaka'), pg_temp.one(), 'who is removed sees it no more');
SELECT is(pg_temp.sees('opres_lawyer'), pg_temp.both(), 'a member of the database role sees it');
SELECT is(pg_temp.sees('opres_commander'), pg_temp.one(), 'one who is no member does not');

-- Holders of a role, while they hold it
INSERT INTO opres.role_holder (role, person, valid_until) VALUES ('ciso', 'p.tanaka', 'infinity'), ('legal', 'p.tanaka', now() - interval '1 day');
SELECT opres.admit_to_incident(2, 'legal', 'holders');
SELECT is(pg_temp.sees('opres_tanaka'), pg_temp.one(), 'who held a role does not see it');
SELECT opres.admit_to_incident(2, 'ciso', 'holders');
SELECT is(pg_temp.sees('opres_tanaka'), pg_temp.both(), 'who holds one does');
DELETE FROM opres.role_holder WHERE role = 'ciso';
SELECT is(pg_temp.sees('opres_tanaka'), pg_temp.one(), 'until she does not hold it any more');

-- No way round -----------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_reader;
CREATE FUNCTION pg_temp.tell(bigint, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$BEGIN IF $1 <> 1 THEN RAISE 'told % %', $1, $2; END IF; RETURN false; END$$;
SELECT is_empty('SELECT FROM opres.incident WHERE pg_temp.tell(id, title)', 'a function in WHERE is not shown rows first');
SELECT is_empty('SELECT FROM opres.run_step AS s JOIN opres.run AS r ON r.id = s.run AND pg_temp.tell(r.incident, s.step)', 'nor in a join');
SELECT is_empty('SELECT FROM opres.runs WHERE pg_temp.tell(incident, incident_title)', 'nor in the view of runs');
SELECT is((SELECT count(*) FROM opres.run WHERE incident = 2), 0::bigint, 'counting counts nothing');
SELECT throws_ok('DELETE FROM opres.incident_reader', '42501', NULL, 'no deleting');
SELECT throws_ok($$UPDATE opres.incident SET confidential = false$$, '42501', NULL, 'no changing');
SET LOCAL row_security = off;
SELECT throws_ok('TABLE opres.incident', '42501', NULL, 'row security cannot be left out');
RESET row_security;
RESET SESSION AUTHORIZATION;
-- What runs with an auditor's rights shows a reader no more.
GRANT CREATE ON SCHEMA public TO opres_auditor;
SET SESSION AUTHORIZATION opres_auditor;
CREATE FUNCTION public.opres_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM opres.incident';
CREATE VIEW public.opres_all AS SELECT id FROM opres.incident;
GRANT EXECUTE ON FUNCTION public.opres_count() TO PUBLIC;
GRANT SELECT ON public.opres_all TO PUBLIC;
SELECT is(public.opres_count(), 2::bigint, 'an auditor''s function shows her all');
SET SESSION AUTHORIZATION opres_reader;
SELECT is(public.opres_count(), 1::bigint, 'but a reader not');
SELECT is((SELECT count(*) FROM public.opres_all), 1::bigint, 'nor does her view');
RESET SESSION AUTHORIZATION;

-- People's numbers ---------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_reader;
SELECT lives_ok('SELECT code, name, department FROM opres.person', 'a reader reads names');
SELECT throws_ok(format('SELECT %I FROM opres.person', c), '42501', NULL, 'but not ' || c) FROM unnest('{phones,email,note}'::text[]) AS c;
SELECT throws_ok('TABLE opres.person_login', '42501', NULL, 'nor logins');
SET SESSION AUTHORIZATION opres_commander;
SELECT throws_ok('SELECT phones FROM opres.person', '42501', NULL, 'a commander asks for the list of whom to call');
SET SESSION AUTHORIZATION opres_auditor;
SELECT lives_ok('TABLE opres.person_login', 'an auditor reads which login is who');
SELECT throws_ok('SELECT phones FROM opres.person', '42501', NULL, 'and not her telephone');
RESET SESSION AUTHORIZATION;

-- Taking away ----------------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.may(who name) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT proname::text FROM pg_proc, aclexplode(proacl) AS a WHERE pronamespace = 'opres'::regnamespace AND a.grantee = who::regrole
    AND (provolatile = 'v' OR prosecdef)
  UNION SELECT relname || ' ' || a.privilege_type FROM pg_class, aclexplode(relacl) AS a
  WHERE relnamespace = 'opres'::regnamespace AND a.grantee = who::regrole $$;
CREATE ROLE opres_both;
SELECT opres.grant_access('opres_both', a) FROM unnest('{responder,approver}'::text[]) AS a;
SELECT opres.revoke_access('opres_both', 'approver');
SELECT is_empty($$SELECT pg_temp.may('opres_both') EXCEPT SELECT * FROM pg_temp.may('opres_commander')$$, 'an approver no more');
CREATE ROLE opres_responder;
SELECT opres.grant_access('opres_responder', 'responder');
SELECT set_eq($$SELECT pg_temp.may('opres_both')$$, $$SELECT pg_temp.may('opres_responder')$$, 'a responder still is all that a responder is');
SELECT opres.revoke_access('opres_commander', 'responder');
SELECT is_empty($$SELECT may FROM pg_temp.may('opres_commander') AS may WHERE may IN ('advance', 'override', 'admit_to_incident')$$,
  'a responder no more is no commander');
SELECT opres.revoke_access('opres_both', 'reader');
SELECT lives_ok('DROP ROLE opres_both', 'a reader no more is nothing more');
SELECT * FROM finish();
ROLLBACK;
