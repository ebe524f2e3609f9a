-- Who may do what: nothing without a grant; reader, editor, approver; no way round.
BEGIN;
SELECT plan(65);
SET LOCAL opres.reason = 'a test';
SET LOCAL client_min_messages = warning;

CREATE ROLE opres_nobody;
CREATE ROLE opres_reader;
CREATE ROLE opres_editor;
CREATE ROLE opres_approver;
GRANT USAGE ON SCHEMA public TO PUBLIC;
SELECT opres.grant_access('opres_reader', 'reader');
SELECT opres.grant_access('opres_editor', 'editor');
SELECT opres.grant_access('opres_approver', 'approver');
SELECT lives_ok($$SELECT opres.grant_access('opres_editor', 'editor')$$, 'granting twice is granting once');
INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('a', 'system'), ('b', 'system');
INSERT INTO opres.scenario (code) VALUES ('s');

-- Of the whole schema, rooms to come included ---------------------------------------------------------------------------------
SELECT is_empty($$SELECT oid::regclass, relacl FROM pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind IN ('r', 'v', 'm', 'p', 'S')
  AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0)$$, 'PUBLIC has no table');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a
  WHERE pronamespace = 'opres'::regnamespace AND a.grantee = 0
    AND (prosecdef OR provolatile <> 'i' AND NOT EXISTS (SELECT FROM pg_type AS t WHERE p.oid IN (t.typinput, t.typreceive)))$$,
  'PUBLIC executes only what computes from its arguments');
SELECT is_empty($$SELECT pg_describe_object(classid, objid, 0) FROM pg_depend
  WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'opres') AND deptype = 'e'
    AND (classid IN ('pg_proc'::regclass, 'pg_operator'::regclass) OR classid = 'pg_class'::regclass
      OR classid = 'pg_type'::regclass AND (SELECT typtype IN ('b', 'e') AND typelem = 0 FROM pg_type WHERE oid = objid))
    AND coalesce(obj_description(objid, classid::regclass::name), '') = ''$$, 'every function, operator, type, table and view is described');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p WHERE pronamespace = 'opres'::regnamespace AND prosecdef
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)$$, 'what runs as its owner pins its search path');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p, aclexplode(proacl) AS a
  WHERE pronamespace = 'opres'::regnamespace AND a.grantee IN (SELECT oid FROM pg_roles WHERE rolname LIKE 'opres\_%')
    AND (prosecdef OR provolatile = 'v') AND proname NOT IN ('load_map', 'label_revision', 'approve_revision', 'accept_risk', 'approve', 'reject', 'dispute')$$,
  'what writes or runs as its owner is granted by name');

-- Nobody ------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_nobody;
SELECT throws_ok('TABLE opres.node', '42501', 'permission denied for schema opres', 'without a grant there is no schema');
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA opres TO opres_nobody;
SET SESSION AUTHORIZATION opres_nobody;
SELECT throws_ok('TABLE opres.node', '42501', NULL, 'nor a table');
SELECT throws_ok('SELECT opres.dump_map()', '42501', NULL, 'nor a document');
SELECT throws_ok($$SELECT * FROM opres.simulate('s')$$, '42501', NULL, 'nor an outage');
SELECT throws_ok($$SELECT opres.load_map('{}')$$, '42501', NULL, 'nor a way to load');
SELECT throws_ok($$SELECT opres.grant_access('opres_nobody', 'reader')$$, '42501', NULL, 'nor a way to get one');
SELECT lives_ok($$CREATE TEMP TABLE own (t opres.impact_tolerance PRIMARY KEY CHECK (t = '100% within 2h' OR cardinality(opres.calendars(t)) = 0),
  d opres.duration_distribution, c opres.level_curve) ; INSERT INTO own VALUES ('100% within 2h', 'fixed(4h)')$$, 'types are for everybody')
FROM (SELECT set_config('search_path', 'public, opres', true)) AS path;
RESET search_path;

-- Reader --------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_reader;
SELECT lives_ok(format('TABLE opres.%I', t), format('a reader reads %s', t))
FROM unnest('{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock,node_history,map_head,map_revision,map_revisions}'::text[]) AS t;
SELECT lives_ok('SELECT opres.dump_map(), opres.revision_in_force()', 'and documents');
SELECT lives_ok($$SELECT * FROM opres.simulate('s')$$, 'and plays outages');
SELECT throws_ok($$INSERT INTO opres.node (code, kind) VALUES ('x', 'system')$$, '42501', NULL, 'but adds nothing');
SELECT throws_ok($$UPDATE opres.node SET name = 'x'$$, '42501', NULL, 'changes nothing');
SELECT throws_ok('DELETE FROM opres.node', '42501', NULL, 'deletes nothing');
SELECT throws_ok('SELECT opres.load_map(opres.dump_map())', '42501', NULL, 'loads nothing');
SELECT throws_ok($$SELECT opres.label_revision(1, 'x')$$, '42501', NULL, 'labels nothing');
SELECT throws_ok('SELECT opres.approve_revision(1)', '42501', NULL, 'approves nothing');

-- Editor ----------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_editor;
SELECT lives_ok($$INSERT INTO opres.node (code, kind) VALUES ('x', 'system')$$, 'an editor adds');
SELECT lives_ok($$UPDATE opres.node SET name = 'x' WHERE code = 'x'$$, 'changes');
SELECT lives_ok($$DELETE FROM opres.node WHERE code = 'x'$$, 'deletes');
SELECT lives_ok($$INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');
  INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'a');
  INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op', '100% within 2h');
  INSERT INTO opres.calendar_day (calendar, day) VALUES ('jp', '2026-11-20');
  INSERT INTO opres.shock (scenario, code, node) VALUES ('s', 'x', 'a');
  UPDATE opres.node SET code = 'a2' WHERE code = 'a'; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED$$, 'everywhere, with cascades and checks');
SELECT lives_ok('SELECT opres.load_map(opres.dump_map())', 'loads');
SELECT lives_ok($$SELECT opres.label_revision(1, 'x')$$, 'labels');
SELECT throws_ok('SELECT opres.approve_revision(1)', '42501', NULL, 'but does not approve');
SELECT throws_ok($$INSERT INTO opres.node (code, kind, since_revision) VALUES ('y', 'system', 9)$$, '42501', NULL, 'does not choose the revision');
SELECT throws_ok('UPDATE opres.node SET since_revision = 9', '42501', NULL, 'nor change it');
SELECT throws_ok('TRUNCATE opres.shock', '42501', NULL, 'nor truncate');
SELECT throws_ok(format('INSERT INTO opres.%1$I SELECT * FROM opres.%1$I', t), '42501', NULL, format('nor write %s', t))
FROM unnest('{map_head,map_revision,node_history,requirement_member_history}'::text[]) AS t;
SELECT throws_ok('DELETE FROM opres.node_history', '42501', NULL, 'nor delete history');
SELECT throws_ok(format('SELECT opres.%s', call), '42501', NULL, format('nor call %s', call))
FROM unnest('{make_revision(),queue_check(),check_few_edits(1),check_many_edits(1),next_revision(),has_edits(1),revision_content(1)}'::text[]) AS call;
SELECT throws_ok($$SELECT opres.audit_append('map.approve', 'map revision 1', 'x', NULL)$$, '42501', NULL, 'nor writes into the audit trail');
SELECT throws_ok($$SELECT opres.record_access('access.grant', 'opres_editor', 'approver', 'x')$$, '42501', NULL, 'nor that she has an access');
SELECT throws_ok('CREATE TABLE opres.mine ()', '42501', NULL, 'nor create tables');

-- A trap on the search path is not stepped into by what runs as the owner.
RESET SESSION AUTHORIZATION;
CREATE SCHEMA opres_trap AUTHORIZATION opres_editor;
SET SESSION AUTHORIZATION opres_editor;
CREATE FUNCTION opres_trap.spring(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'trapped as %', current_user;
END
$$;
CREATE OPERATOR opres_trap.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = opres_trap.spring);
CREATE OPERATOR opres_trap.< (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = opres_trap.spring);
CREATE FUNCTION opres_trap.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'trapped as %', current_user;
END
$$;
SET LOCAL search_path = opres_trap, pg_catalog, public;
SELECT throws_ok('SELECT 1::bigint = 1::bigint', 'P0001', 'trapped as opres_editor', 'there is a trap');
SELECT lives_ok($$INSERT INTO opres.node (code, kind) VALUES ('z', 'system'); UPDATE opres.node SET name = 'z' WHERE code = 'z';
  DELETE FROM opres.node WHERE code = 'z'; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED$$, 'editing does not step into it');
RESET search_path;

-- Revoking ------------------------------------------------------------------------------------------------------------------------
RESET SESSION AUTHORIZATION;
SELECT throws_ok($$SELECT opres.grant_access('opres_editor', 'boss')$$, '22023', 'there is no access "boss"', 'an access there is not');
SELECT throws_ok($$SELECT opres.grant_access('opres_editor', NULL)$$, '22023', NULL, 'no access');
SELECT lives_ok($$SELECT opres.revoke_access('opres_editor', 'editor')$$, 'an editor no more');
SET SESSION AUTHORIZATION opres_editor;
SELECT throws_ok($$UPDATE opres.node SET name = 'x'$$, '42501', NULL, 'changes nothing more');
SELECT lives_ok('TABLE opres.node', 'still a reader');
RESET SESSION AUTHORIZATION;
SELECT opres.grant_access('opres_editor', 'editor');
SELECT opres.revoke_access('opres_editor', 'reader');
DROP SCHEMA opres_trap CASCADE;
SELECT lives_ok('DROP ROLE opres_editor', 'a reader no more is nothing more');
SELECT * FROM finish();
ROLLBACK;
