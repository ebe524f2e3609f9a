-- Revisions: labels, approval by somebody else, which one is in force.
BEGIN;
SELECT plan(38);
SET LOCAL opres.reason = 'a test';

CREATE ROLE opres_alice;
CREATE ROLE opres_bob;
CREATE ROLE opres_chris;
SELECT opres.grant_access('opres_alice', 'editor'), opres.grant_access('opres_alice', 'approver');
SELECT opres.grant_access('opres_bob', 'editor'), opres.grant_access('opres_bob', 'approver');
SELECT opres.grant_access('opres_chris', 'approver');
GRANT USAGE ON SCHEMA public TO opres_alice, opres_bob, opres_chris;

SELECT is(opres.revision_in_force(), NULL::bigint, 'no revision, none in force');

-- Five revisions of the past, written as a restore writes them: one transaction makes only one of its own.
INSERT INTO opres.map_revision (revision, stamp, made_at, made_by, made_in)
SELECT r, gen_random_uuid(), now() - interval '1 day', made_by, pg_current_xact_id()
FROM (VALUES (1, 'opres_alice'), (2, 'opres_alice'), (3, 'opres_bob'), (4, 'opres_alice'), (5, 'opres_bob')) AS v (r, made_by);
INSERT INTO opres.map_head (revision, stamp) SELECT revision, stamp FROM opres.map_revision WHERE revision = 5;

-- Labels
SET SESSION AUTHORIZATION opres_alice;
SELECT lives_ok($$SELECT opres.label_revision(1, 'FY2024')$$, 'a label');
SELECT is(opres.map_revision_of('FY2024'), 1::bigint, 'finds its revision');
SELECT lives_ok($$SELECT opres.label_revision(1, 'FY2025')$$, 'another label');
SELECT throws_ok($$SELECT opres.map_revision_of('FY2024')$$, '42704', 'no map revision has the label "FY2024"', 'takes the place of the first');
SELECT throws_ok($$SELECT opres.label_revision(2, 'FY2025')$$, '23505', 'the label "FY2025" is taken', 'a label names one revision');
SELECT lives_ok($$SELECT opres.label_revision(1, NULL)$$, 'a label can be taken off');
SELECT lives_ok($$SELECT opres.label_revision(2, 'FY2025')$$, 'and given to another revision');
SELECT is(opres.map_revision_of(NULL), NULL::bigint, 'no label, no revision');
SELECT throws_ok(format('SELECT opres.label_revision(3, %L)', bad), '22023', NULL, format('%s is no label', to_json(bad)))
FROM (VALUES (''), (' FY'), (E'F\tY')) AS v (bad);
SELECT throws_ok($$SELECT opres.label_revision(6, 'x')$$, '42704', 'map revision 6 does not exist', 'a label for no revision');
SELECT throws_ok($$SELECT opres.label_revision(NULL, 'x')$$, '42704', 'map revision NULL does not exist', 'nor for NULL');

-- Approval
SELECT throws_ok('SELECT opres.approve_revision(1)', '42501', 'map revision 1 must be approved by somebody else than opres_alice',
  'nobody approves what she made');
SELECT throws_ok('SELECT opres.approve_revision(3)', '42501', 'map revision 3 must be approved by somebody else than opres_alice',
  'nor what brings it into force, made by another');
SELECT throws_ok('SELECT opres.approve_revision(6)', '42704', 'map revision 6 does not exist', 'no approval of no revision');
SELECT throws_ok('SELECT opres.approve_revision(NULL)', '42704', 'map revision NULL does not exist', 'nor of NULL');
SET SESSION AUTHORIZATION opres_bob;
SELECT lives_ok('SELECT opres.approve_revision(2)', 'somebody else approves');
SELECT is(opres.revision_in_force(), 2::bigint, 'and it is in force');
SELECT throws_ok('SELECT opres.approve_revision(2)', '55000', 'map revision 2 is already approved', 'once');
SET SESSION AUTHORIZATION opres_alice;
SELECT lives_ok('SELECT opres.approve_revision(3)', 'what she made before is in force already: now she may');
SET SESSION AUTHORIZATION opres_chris;
SELECT throws_ok($$SELECT opres.label_revision(3, 'x')$$, '42501', NULL, 'approving is not labelling');
SELECT lives_ok('SELECT opres.approve_revision(5)', 'two revisions at a time');
SELECT is(opres.revision_in_force(), 5::bigint, 'the latest approved is in force');
SELECT lives_ok('SELECT opres.approve_revision(4)', 'one before the one in force');
SELECT is(opres.revision_in_force(), 5::bigint, 'leaves it in force');
SELECT results_eq('SELECT revision, label, approved_by::text COLLATE "C", in_force FROM opres.map_revisions ORDER BY revision',
  $$VALUES (1::bigint, NULL::text COLLATE "C", NULL::text COLLATE "C", false), (2, 'FY2025', 'opres_bob', false), (3, NULL, 'opres_alice', false),
    (4, NULL, 'opres_chris', false), (5, NULL, 'opres_chris', true)$$, 'the view says it all');
SELECT ok(bool_and(approved_at >= transaction_timestamp() AND approved_at > made_at), 'and when')
FROM opres.map_revisions WHERE approved_at IS NOT NULL;

-- The revision this transaction makes
SET SESSION AUTHORIZATION opres_alice;
INSERT INTO opres.node (code, kind) VALUES ('a', 'system');
SELECT results_eq('SELECT revision, made_by::text COLLATE "C" FROM opres.map_revision WHERE revision > 5', $$VALUES (6::bigint, 'opres_alice' COLLATE "C")$$,
  'the next revision, by her');
SELECT lives_ok($$SELECT opres.label_revision(6, 'draft')$$, 'it can be labelled at once');
SET SESSION AUTHORIZATION opres_chris;
SELECT throws_ok('SELECT opres.approve_revision(6)', '55000', 'map revision 6 is not committed yet', 'but not approved');
SELECT throws_ok('INSERT INTO opres.map_revision SELECT * FROM opres.map_revision', '42501', NULL, 'nobody writes revisions by hand');
SELECT throws_ok('UPDATE opres.map_revision SET approved_at = now(), approved_by = ''x''', '42501', NULL, 'nor approves by hand');
SELECT throws_ok('UPDATE opres.map_head SET revision = 1', '42501', NULL, 'nor moves the head');

RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION opres_alice;
SET LOCAL ROLE opres_alice;
SELECT throws_ok('SET ROLE opres_chris', '42501', NULL, 'alice is not chris');
RESET SESSION AUTHORIZATION;
GRANT opres_chris TO opres_bob;
SET SESSION AUTHORIZATION opres_bob;
INSERT INTO opres.node (code, kind) VALUES ('b', 'system');
SET LOCAL ROLE opres_chris;
SELECT throws_ok('SELECT opres.approve_revision(5)', '55000', 'map revision 5 is already approved', 'under another role');
RESET ROLE;
RESET SESSION AUTHORIZATION;
UPDATE opres.map_revision SET approved_at = NULL, approved_by = NULL WHERE revision = 5;
SET SESSION AUTHORIZATION opres_bob;
SET LOCAL ROLE opres_chris;
SELECT throws_ok('SELECT opres.approve_revision(5)', '42501', 'map revision 5 must be approved by somebody else than opres_bob',
  'who logged in counts, not the role put on');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
