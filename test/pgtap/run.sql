-- Runs of playbooks: what people do in them, who may, what is refused and how, what is recorded, projections made anew.
BEGIN;
SELECT plan(107);
SET LOCAL client_min_messages = error;
SET LOCAL timezone = 'Asia/Tokyo';

-- A playbook with one of everything: T-1 intake (a value) -> Q-1 if __bad__ -> parallel of C-1 (fact, approval by ciso and two of
-- board) and R-1 (report) ... -> S-1 sign-off (requires the fact) -> V-1 review, optional.
CREATE FUNCTION pg_temp.id(kind text, n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format('%s--00000000-0000-4000-8000-%s', kind, lpad(n::text, 12, '0'))
$$;
CREATE FUNCTION pg_temp.ext(content jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13', content)
$$;
CREATE FUNCTION pg_temp.action(code text, phase text, name text, ja text, extra jsonb, following text, own jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('type', 'action', 'name', name, 'agent', pg_temp.id('group', 1),
    'commands', jsonb_build_array(jsonb_build_object('type', 'manual', 'command', 'Do ' || name)), 'on_completion', following) || own
    || jsonb_build_object('step_extensions', pg_temp.ext(jsonb_build_object('code', code, 'phase', phase, 'accountable', 'ciso',
      'texts', jsonb_build_object('ja', jsonb_build_object('name', ja, 'commands', jsonb_build_array(ja || '。')))) || extra))
$$;
CREATE FUNCTION pg_temp.grp(code text, name text, ja text, extra jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('type', 'group', 'name', name, 'agent_target_extensions', pg_temp.ext(jsonb_build_object('role', code,
    'texts', jsonb_build_object('ja', jsonb_build_object('name', ja))) || extra))
$$;
CREATE FUNCTION pg_temp.playbook(modified text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('type', 'playbook', 'spec_version', 'cacao-2.0', 'id', pg_temp.id('playbook', 1), 'name', 'Test of runs',
    'created_by', pg_temp.id('identity', 1), 'created', '2026-01-01T00:00:00.000Z', 'modified', modified,
    'playbook_variables', '{"__bad__": {"type": "bool", "description": "whether there is damage"}, "__site__": {"type": "string", "external": true}}'::jsonb,
    'workflow_start', pg_temp.id('start', 0), 'workflow_exception', pg_temp.id('action', 9),
    'workflow', jsonb_build_object(
      pg_temp.id('start', 0), jsonb_build_object('type', 'start', 'on_completion', pg_temp.id('action', 1)),
      pg_temp.id('action', 1), pg_temp.action('T-1', 'triage', 'Take in', '受付', '{"evidence": {"required": true, "what": {"en": "sheet", "ja": "受付票"}},
        "deadlines": [{"anchor": "detection", "after": "PT15M"}]}', pg_temp.id('if-condition', 2), '{"out_args": ["__bad__"]}'),
      pg_temp.id('if-condition', 2), jsonb_build_object('type', 'if-condition', 'name', 'Bad?', 'condition', '__bad__:value = true',
        'on_true', pg_temp.id('parallel', 3), 'on_completion', pg_temp.id('if-condition', 10),
        'step_extensions', pg_temp.ext('{"code": "Q-1", "phase": "triage"}')),
      pg_temp.id('parallel', 3), jsonb_build_object('type', 'parallel', 'name', 'Both', 'next_steps', jsonb_build_array(pg_temp.id('action', 4), pg_temp.id('action', 5)),
        'on_completion', pg_temp.id('end', 3), 'step_extensions', pg_temp.ext('{"code": "P-1", "phase": "containment"}')),
      pg_temp.id('end', 3), '{"type": "end"}'::jsonb,
      pg_temp.id('action', 4), pg_temp.action('C-1', 'containment', 'Isolate', '隔離', '{"establishes": ["contained"], "approvals": [{"role": "ciso", "count": 1}, {"role": "board", "count": 2}]}', pg_temp.id('end', 4)),
      pg_temp.id('end', 4), '{"type": "end"}'::jsonb,
      pg_temp.id('action', 5), pg_temp.action('R-1', 'coordination', 'Report', '報告', '{"report": "first", "priority": 1}', pg_temp.id('end', 5)),
      pg_temp.id('end', 5), '{"type": "end"}'::jsonb,
      pg_temp.id('if-condition', 10), jsonb_build_object('type', 'if-condition', 'name', 'Open branches?', 'condition', 'Head decides',
        'on_true', pg_temp.id('action', 6), 'on_completion', pg_temp.id('action', 7), 'step_extensions', pg_temp.ext('{"code": "Q-2", "phase": "recovery"}')),
      pg_temp.id('action', 6), pg_temp.action('B-1', 'recovery', 'Open', '開店', '{}', pg_temp.id('end', 6),
        '{"targets": ["linux--00000000-0000-4000-8000-000000000001"], "commands": [{"type": "ssh", "command": "open __site__:value/__bad__:value/__no__:value __site__ ab__:value"}]}'),
      pg_temp.id('end', 6), '{"type": "end"}'::jsonb,
      pg_temp.id('action', 7), pg_temp.action('S-1', 'sign_off', 'Sign off', '業務再開判断', '{"requires": ["contained"]}', pg_temp.id('action', 8)),
      pg_temp.id('action', 8), pg_temp.action('V-1', 'review', 'Review', '検証', '{"mandatory": false}', pg_temp.id('end', 8)),
      pg_temp.id('end', 8), '{"type": "end"}'::jsonb,
      pg_temp.id('action', 9), pg_temp.action('X-1', 'coordination', 'Escalate', 'エスカレーション', '{}', pg_temp.id('end', 9)),
      pg_temp.id('end', 9), '{"type": "end"}'::jsonb),
    'playbook_extensions', pg_temp.ext('{"attack_type": "test-runs", "languages": ["en", "ja"], "override_role": "head",
      "facts": {"contained": {"en": "contained", "ja": "封じ込め済み"}},
      "reports": {"first": {"authority": {"en": "FSA", "ja": "金融庁"}, "report": {"en": "first", "ja": "第一報"}, "kind": "first", "confirmed": false,
        "form": {"en": "free", "ja": "任意"}, "deadlines": [{"anchor": "recognition", "after": "PT1H"}], "note": {"en": "as agreed", "ja": "社内基準による"}}},
      "texts": {"ja": {"name": "試験用", "variables": {"__bad__": "被害の有無"}}}}'),
    'extension_definitions', jsonb_build_object('extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13', jsonb_build_object('type', 'extension-definition',
      'name', 'opres', 'created_by', pg_temp.id('identity', 1), 'schema', 'opres-extension.schema.json', 'version', '1.0.0')),
    'target_definitions', '{"linux--00000000-0000-4000-8000-000000000001": {"type": "linux", "name": "Branch servers", "address": {"dname": ["b.example"]}}}'::jsonb,
    'agent_definitions', jsonb_build_object(pg_temp.id('group', 1), pg_temp.grp('csirt', 'CSIRT', 'CSIRT'), pg_temp.id('group', 2), pg_temp.grp('ciso', 'CISO', 'CISO', '{"deputies": ["deputy"]}'),
      pg_temp.id('group', 3), pg_temp.grp('board', 'Board', '役員'), pg_temp.id('group', 4), pg_temp.grp('head', 'Head', '対策本部長'), pg_temp.id('group', 5), pg_temp.grp('deputy', 'Deputy', '代行')))
$$;
SELECT is(opres.load_playbook(pg_temp.playbook('2026-01-01T00:00:00.000Z')), pg_temp.id('playbook', 1), 'the playbook of these tests is loaded');

-- People: two with a role each, one with two logins, one who is nobody's.
CREATE FUNCTION pg_temp.somebody(code text, logins text[], roles text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE l text;
BEGIN
  INSERT INTO opres.person (code, name) VALUES (code, initcap(code));
  INSERT INTO opres.role_holder (role, person) SELECT unnest(roles), code;
  FOREACH l IN ARRAY logins LOOP
    EXECUTE format('CREATE ROLE %I', l);
    INSERT INTO opres.person_login VALUES (l, code);
    PERFORM opres.grant_access(l::regrole, 'commander', 'a test');
    PERFORM opres.grant_access(l::regrole, 'approver', 'a test');
  END LOOP;
END $$;
SELECT pg_temp.somebody('sato', '{sato}', '{csirt}');
SELECT pg_temp.somebody('tanaka', '{tanaka,tanaka_admin}', '{ciso,board}');
SELECT pg_temp.somebody('ito', '{ito}', '{board}');
SELECT pg_temp.somebody('mori', '{mori}', '{board}');
SELECT pg_temp.somebody('yamada', '{yamada}', '{head}');
SELECT pg_temp.somebody('kato', '{kato}', '{deputy}');
CREATE ROLE stranger;
SELECT opres.grant_access('stranger', 'commander', 'a test');
GRANT USAGE ON SCHEMA public TO PUBLIC;
CREATE FUNCTION pg_temp.todo(run bigint) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(step || ' ' || state, ', ' ORDER BY step) FROM opres.todo(run) $$;

SELECT opres.open_incident('A test', 'test-runs', 50, '{}', now() - interval '2 hours', now() - interval '1 hour', now() - interval '30 minutes') AS i \gset
SET SESSION AUTHORIZATION sato;
SELECT throws_ok(format('SELECT opres.start_run(%s, %L)', 1000000000000000, 'test-runs'), '42704', NULL, 'no such incident');
SELECT throws_ok(format('SELECT opres.start_run(%s, %L)', :i, 'test-run'), '42704', NULL, 'no such playbook');
SELECT throws_ok(format('SELECT opres.start_run(%s, %L, %L)', :i, 'test-runs', '{"__bad__": true}'), '42704', 'the playbook has no external variable "__bad__"', 'only external variables are set from outside');
SELECT throws_ok(format('SELECT opres.start_run(%s, %L, %L)', :i, 'test-runs', '[1]'), '22023', NULL, 'values are an object');
SELECT opres.start_run(:i, 'test-runs', '{"__site__": "east"}') AS r \gset
SELECT is(pg_temp.todo(:r), 'T-1 ready', 'the first step is ready');
SELECT throws_like(format('SELECT opres.start_run(%s, %L)', :i, 'test-runs'), 'run % of this playbook is going on for incident % already', 'one run of a playbook at a time');
SELECT results_eq(format('SELECT due_at - now(), due_by COLLATE "default", overdue, form, priority FROM opres.todo(%s)', :r), $$VALUES ('-45 min'::interval, 'detection', true, '{__bad__}'::text[], 3)$$,
  'due 15 minutes after detection: overdue');
SELECT results_eq(format('SELECT phase, role, state, due_by, name FROM opres.todo(%s, %L)', :r, 'ja'), $$VALUES ('初動対応', 'CSIRT', '着手可', '検知', '受付')$$, 'the same in Japanese');
SELECT throws_ok(format('SELECT opres.todo(%s, %L)', :r, 'fr'), '22023', NULL, 'another language');

-- Advance, and what it refuses ---------------------------------------------------------------------------------------------------
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'success', "values" => '{"__bad__": true}')$$, :r), '22023', 'step T-1 asks for evidence', 'evidence is missing');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'success', evidence => '{}', "values" => '{"__bad__": true}')$$, :r), '22023', 'step T-1 asks for evidence', 'an empty object is none');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'success', evidence => '"sheet 1"')$$, :r), '22023', 'step T-1 asks for a value of __bad__', 'a value is missing');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'success', evidence => '{"__bad__": "perhaps"}')$$, :r), '22023', 'the value given for __bad__ is not one of type bool', 'not of its type');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'success', evidence => '1', "values" => '{"__bda__": true}')$$, :r), '42704', 'step T-1 does not ask for a value of "__bda__"', 'a value nobody asked for');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'perhaps')$$, :r), '22023', 'step T-1 cannot end in "perhaps"', 'no outcome');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'omit')$$, :r), '55000', 'step T-1 may not be left out', 'a mandatory step is not left out');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'C-1', 'success')$$, :r), '55000', 'step C-1 is not reached', 'not its turn');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-2', 'success')$$, :r), '42704', NULL, 'no such step');
SELECT throws_ok(format($$SELECT opres.advance(%s, NULL, 'success')$$, :r), '22004', 'step is missing', 'no step');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'T-1', 'success', evidence => '{"__bad__": true}', occurred_at => now() + interval '1 day')$$, :r), '22023', NULL, 'done in the future');
SELECT throws_ok($$SELECT opres.advance(1000000000000, 'T-1', 'success')$$, '42704', 'there is no run 1000000000000', 'no such run');
SELECT is((SELECT count(*) FROM opres.run_event WHERE run = :r), 1::bigint, 'what is refused leaves nothing behind');
SELECT is(opres.advance(:r, 'T-1', 'success', evidence => '{"__bad__": true, "file": "sheet 1"}', occurred_at => now() - interval '50 minutes'), 'done', 'values may stand in the evidence');
SELECT is(pg_temp.todo(:r), 'C-1 ready, R-1 ready', 'the condition was asked, both branches are open');
SELECT throws_like(format($$SELECT opres.advance(%s, 'T-1', 'success', evidence => '{"__bad__": true}')$$, :r), 'step T-1 is done', 'done is done');
SELECT is((SELECT step FROM opres.todo(:r) LIMIT 1), 'R-1', 'what is due first stands first');
SELECT is((SELECT occurred_at - recorded_at < '-49 min' FROM opres.run_event WHERE run = :r AND number = 2), true, 'when it was done and when it was entered are two times');
SELECT is((SELECT person FROM opres.run_event WHERE run = :r AND number = 2), 'sato', 'the person who did it');

-- Reports ------------------------------------------------------------------------------------------------------------------------
SELECT results_eq(format('SELECT due_at - now(), due_by, confirmed, needed, submitted_at FROM opres.run_report WHERE run = %s', :r), $$VALUES ('30 min'::interval, 'recognition', false, true, NULL::timestamptz)$$, 'a report is due');
SELECT is(opres.advance(:r, 'R-1', 'success', evidence => '{"reference": "FSA-12"}', occurred_at => now() - interval '5 minutes'), 'done', 'it is submitted');
SELECT results_eq(format('SELECT now() - submitted_at, reference FROM opres.run_report WHERE run = %s', :r), $$VALUES ('5 min'::interval, 'FSA-12')$$, 'when and under which reference is on record');

-- Approvals ----------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION stranger;
SELECT throws_like(format($$SELECT opres.advance(%s, 'C-1', 'success')$$, :r), 'login stranger is nobody''s%', 'a doer of what is to be approved must be known');
SET SESSION AUTHORIZATION tanaka;
SELECT throws_ok(format($$SELECT opres.approve(%s, 'C-1')$$, :r), '55000', 'step C-1 is reached', 'nothing to approve yet');
SET SESSION AUTHORIZATION ito;
SELECT is(opres.advance(:r, 'C-1', 'success'), 'submitted', 'done, approvals open');
SELECT is((SELECT waits_for FROM opres.todo(:r)), '{"approval by ciso (1 needed, 0 given)","approval by board (2 needed, 0 given)"}'::text[], 'what it waits for');
SELECT is((SELECT waits_for[2] FROM opres.todo(:r, 'ja')), '承認：役員（2名中0名済み）', 'in Japanese');
SELECT throws_like(format($$SELECT opres.approve(%s, 'C-1')$$, :r), 'who has done step C-1 may not approve it%', 'the doer does not approve');
SET SESSION AUTHORIZATION sato;
SELECT throws_ok(format($$SELECT opres.approve(%s, 'C-1')$$, :r), '42501', 'sato may not approve step C-1', 'nor who has none of the roles');
SET SESSION AUTHORIZATION tanaka;
SELECT is(opres.approve(:r, 'C-1'), 'submitted', 'one approval of three, in the first role that is open');
SET SESSION AUTHORIZATION tanaka_admin;
SELECT throws_like(format($$SELECT opres.approve(%s, 'C-1')$$, :r), 'tanaka has approved step C-1 already%', 'two logins are one person, two roles too');
SET SESSION AUTHORIZATION mori;
SELECT is(opres.approve(:r, 'C-1'), 'submitted', 'the second');
SELECT throws_like(format($$SELECT opres.reject(%s, 'C-1', 'no')$$, :r), 'mori has approved step C-1 already%', 'who has approved does not reject');
SET SESSION AUTHORIZATION stranger;
SELECT throws_like(format($$SELECT opres.approve(%s, 'C-1', on_behalf_of => 'kato')$$, :r), 'login stranger is nobody''s%', 'who heard it must be known');
SET SESSION AUTHORIZATION ito;
SELECT throws_like(format($$SELECT opres.approve(%s, 'C-1', on_behalf_of => 'kato')$$, :r), 'who has done step C-1 may not approve it, nor pass on%', 'the doer passes nothing on');
SET SESSION AUTHORIZATION sato;
SELECT throws_ok(format($$SELECT opres.approve(%s, 'C-1', on_behalf_of => 'nobody')$$, :r), '42704', NULL, 'on behalf of nobody');
SELECT throws_ok(format($$SELECT opres.approve(%s, 'C-1', on_behalf_of => 'sato')$$, :r), '22023', NULL, 'on behalf of oneself');
SELECT throws_like(format($$SELECT opres.approve(%s, 'C-1', on_behalf_of => 'kato')$$, :r), '%', 'a deputy of the CISO: there is one approval by that role already');
RESET SESSION AUTHORIZATION;
SELECT pg_temp.somebody('oda', '{oda}', '{board}');
SET SESSION AUTHORIZATION oda;
SELECT is(opres.reject(:r, 'C-1', 'the wrong servers'), 'reached', 'sent back');
SELECT is(pg_temp.todo(:r), 'C-1 ready', 'to be done again');
SET SESSION AUTHORIZATION sato;
SELECT is(opres.advance(:r, 'C-1', 'success', 'the right ones'), 'submitted', 'done again by another');
SET SESSION AUTHORIZATION ito;
SELECT throws_like(format($$SELECT opres.approve(%s, 'C-1')$$, :r), 'who has done step C-1 may not approve it%', 'who did it first may not approve it either');
SET SESSION AUTHORIZATION mori;
SELECT is(opres.approve(:r, 'C-1'), 'submitted', 'approved anew');
SELECT is(opres.approve(:r, 'C-1', 'by telephone 03:10', on_behalf_of => 'oda'), 'submitted', 'by telephone: mori heard it');
SET SESSION AUTHORIZATION kato;
SELECT is(opres.approve(:r, 'C-1'), 'done', 'the deputy of the CISO is the last that was missing');
SELECT results_eq(format('SELECT person COLLATE "default", due_at > now(), ratified_at FROM opres.run_ratification WHERE run = %s', :r), $$VALUES ('oda', true, NULL::timestamptz)$$, 'oda must confirm it herself');
SET SESSION AUTHORIZATION oda;
SELECT throws_like(format($$SELECT opres.settle_dispute(%s, 'C-1', 'x')$$, :r), 'there is no disputed approval%', 'nothing is disputed');
SELECT is(opres.approve(:r, 'C-1'), 'ratified', 'she does');
SELECT throws_like(format($$SELECT opres.approve(%s, 'C-1')$$, :r), 'step C-1 is done', 'once');
SELECT isnt((SELECT ratified_at FROM opres.run_ratification WHERE run = :r), NULL, 'on record');
SELECT is((SELECT string_agg(kind || coalesce(' ' || role, '') || coalesce(' heard by ' || heard_by, ''), ', ' ORDER BY number) FROM opres.run_event WHERE run = :r AND step = pg_temp.id('action', 4)),
  'success, approve ciso, approve board, reject board, success, approve board, approve board heard by mori, approve ciso, ratify', 'all of it is on record');

-- Questions, omission, override, the end -------------------------------------------------------------------------------------------
SELECT is(pg_temp.todo(:r), 'Q-2 question', 'a question to a person');
SELECT throws_ok(format($$SELECT opres.advance(%s, 'Q-2', 'success')$$, :r), '22023', NULL, 'success is no answer');
SELECT is(opres.advance(:r, 'Q-2', 'no'), 'done', 'no branch: done at once');
SELECT is((SELECT state FROM opres.run_step WHERE run = :r AND code = 'B-1'), 'skipped', 'what was not chosen is skipped');
SELECT is(pg_temp.todo(:r), 'S-1 ready', 'its fact is established');
SELECT is(opres.advance(:r, 'S-1', 'failure', 'not yet'), 'held', 'failed, and nothing follows failure: held');
SELECT is(pg_temp.todo(:r), 'S-1 held, X-1 ready', 'the exception step is open');
SELECT throws_ok(format($$SELECT opres.override(%s, 'S-1', 'I say so')$$, :r), '42501', 'oda may not override step S-1', 'not the authority');
SET SESSION AUTHORIZATION yamada;
SELECT throws_ok(format($$SELECT opres.override(%s, 'S-1', ' ')$$, :r), NULL, NULL, 'an override needs a reason');
SELECT is(opres.override(:r, 'S-1', 'pensions are due at nine'), 'done', 'by the judgement of the authority');
SELECT is((SELECT overridden FROM opres.run_step WHERE run = :r AND code = 'S-1'), true, 'marked as that');
SELECT is(opres.advance(:r, 'V-1', 'omit', 'with the next one'), 'skipped', 'an optional step is left out');
SELECT is((SELECT state FROM opres.run WHERE id = :r), 'active', 'the exception is open still');
SELECT is(opres.advance(:r, 'X-1', 'success'), 'done', 'the last step');
SELECT is((SELECT state FROM opres.run WHERE id = :r), 'completed', 'completed');
SELECT is((SELECT count(*) FROM opres.todo(:r)), 0::bigint, 'nothing to do');
SELECT throws_like(format($$SELECT opres.advance(%s, 'V-1', 'success')$$, :r), 'run % is completed', 'it is over');
SELECT lives_ok(format($$SELECT opres.annotate_run(%s, 'the sheet names the wrong time', 'T-1')$$, :r), 'a correction is an annotation');
SELECT throws_ok(format($$SELECT opres.annotate_run(%s, '')$$, :r), '22004', NULL, 'of something');

-- Projections, tick, times, abort --------------------------------------------------------------------------------------------------
RESET SESSION AUTHORIZATION;
SELECT is_empty('SELECT * FROM opres.check_runs()', 'the projections are what the events come to');
UPDATE opres.run_step SET state = 'idle', due_at = now() WHERE run = :r AND code = 'T-1';
DELETE FROM opres.run_report WHERE run = :r;
SELECT results_eq('SELECT problem, subject COLLATE "default" FROM opres.check_runs() ORDER BY 1', format($$VALUES ('report', 'first'), ('step', %L)$$, pg_temp.id('action', 1)), 'what somebody changed is found');
SELECT is(opres.rebuild(:r), 2::bigint, 'and made anew');
SELECT is_empty('SELECT * FROM opres.check_runs()', 'as it was');
SELECT opres.set_report_deadline('first', 'detection', '3 hours', 'agreed with the bureau');
SELECT opres.start_run(:i, 'test-runs') AS r2 \gset
SELECT results_eq(format('SELECT due_at - now(), due_by, confirmed FROM opres.run_report WHERE run = %s', :r2), $$VALUES ('2 hours'::interval, 'detection', true)$$, 'the institution''s own deadline');
SELECT throws_ok($$SELECT opres.set_report_deadline('first', 'submission:x', '3 hours', 'r')$$, '22023', NULL, 'of an anchor it cannot have');
SELECT opres.update_incident(:i, jsonb_build_object('detected_at', now() - interval '90 minutes', 'recognised_at', now()), 'found out');
SELECT results_eq(format('SELECT due_at - now(), due_by FROM opres.run_report WHERE run = %s', :r2), $$VALUES ('90 min'::interval, 'detection')$$, 'the incident''s times move what is due');
SELECT is(opres.tick(), 0::bigint, 'time has nothing to do');
SELECT opres.set_values(:r2, '{"__site__": "west"}');
SELECT throws_ok(format('SELECT opres.abort_run(%s, NULL)', :r2), NULL, NULL, 'an abortion needs a reason');
SELECT lives_ok(format($$SELECT opres.abort_run(%s, 'a test')$$, :r2), 'aborted');
SELECT results_eq(format('SELECT needed, due_at FROM opres.run_report WHERE run = %s', :r2), 'VALUES (false, NULL::timestamptz)', 'and its reports with it');
SELECT is_empty('SELECT * FROM opres.check_runs()', 'projections are right to the end');
SELECT is_empty($$SELECT * FROM opres.verify_audit() WHERE problem LIKE 'event%'$$, 'the trail will say the same');
SELECT alike(opres.instructions(:r, 'C-1', 'ja'), '%責任者：CISO%必要な承認：役員 2名（実施者を除く）%', 'the sheet of a step');
SELECT results_eq(format($$SELECT what FROM opres.timeline(%s, 'ja') WHERE run = %s AND kind IN ('begin', 'success') ORDER BY number LIMIT 2$$, :i, :r),
  format($$VALUES ('対応手順書「試験用」による対応を開始（対応案件%s）［__site__：east］'), (%L)$$, :r, 'T-1 受付：実施［被害の有無：はい］［証拠：{"file": "sheet 1"}］［'
    || opres.local_time(now(), 'Asia/Tokyo', 'ja') || '記録］'), 'the chronicle tells the values given, once');
SELECT results_eq(format($$SELECT what FROM opres.timeline(%s) WHERE run = %s AND kind = 'set'$$, :i, :r2), $$VALUES ('Facts of the run: __site__: west')$$,
  'and those that were changed');
SELECT alike(opres.instructions(:r, 'B-1'), '%done to: Branch servers%1. [ssh] open east/true/__no__:value __site__ ab__:value' || chr(10) || '%', 'what it is done to, a command with the values it asks for, as far as they are known');
SELECT results_eq(format($$SELECT split_part(what, '［', 1) FROM opres.timeline(%s, 'ja') WHERE run = %s AND kind = 'annotate'$$, :i, :r),
  $$VALUES ('T-1 受付に追記：the sheet names the wrong time')$$, 'and corrections');
SELECT is(opres.step_name(:r, 'C-1'), 'C-1 Isolate', 'its name');

-- Branches that begin with the same step ------------------------------------------------------------------------------------------------
SELECT is(opres.load_playbook(jsonb_build_object('type', 'playbook', 'spec_version', 'cacao-2.0', 'id', pg_temp.id('playbook', 2), 'name', 'Shared', 'created_by', pg_temp.id('identity', 1),
  'created', '2026-01-01T00:00:00.000Z', 'modified', '2026-01-01T00:00:00.000Z', 'workflow_start', pg_temp.id('start', 0), 'agent_definitions', jsonb_build_object(pg_temp.id('group', 1), '{"type": "group", "name": "team"}'::jsonb),
  'workflow', jsonb_build_object(pg_temp.id('start', 0), jsonb_build_object('type', 'start', 'on_completion', pg_temp.id('if-condition', 1)),
    pg_temp.id('if-condition', 1), jsonb_build_object('type', 'if-condition', 'condition', 'First?', 'on_true', pg_temp.id('action', 1), 'on_completion', pg_temp.id('if-condition', 2)),
    pg_temp.id('if-condition', 2), jsonb_build_object('type', 'if-condition', 'condition', 'Again?', 'on_true', pg_temp.id('action', 1), 'on_completion', pg_temp.id('end', 2)),
    pg_temp.id('action', 1), jsonb_build_object('type', 'action', 'agent', pg_temp.id('group', 1), 'commands', '[{"type": "manual", "command": "x"}]'::jsonb, 'on_completion', pg_temp.id('action', 2)),
    pg_temp.id('action', 2), jsonb_build_object('type', 'action', 'agent', pg_temp.id('group', 1), 'commands', '[{"type": "manual", "command": "x"}]'::jsonb, 'on_completion', pg_temp.id('end', 1)),
    pg_temp.id('end', 1), '{"type": "end"}'::jsonb, pg_temp.id('end', 2), '{"type": "end"}'::jsonb))), pg_temp.id('playbook', 2), 'such a playbook loads');
SELECT opres.start_run(:i, pg_temp.id('playbook', 2)) AS r3 \gset
SELECT is(opres.advance(:r3, pg_temp.id('if-condition', 1), 'yes'), 'running', 'into the first branch');
SELECT is(opres.advance(:r3, pg_temp.id('action', 1), 'success') || opres.advance(:r3, pg_temp.id('action', 2), 'success'), 'donedone', 'both its steps');
SELECT is(opres.advance(:r3, pg_temp.id('if-condition', 2), 'yes'), 'running', 'into the second');
SELECT is(pg_temp.todo(:r3), pg_temp.id('action', 1) || '#2 ready', 'with a copy of the step');
SELECT is(opres.advance(:r3, pg_temp.id('action', 1) || '#2', 'success') || opres.advance(:r3, pg_temp.id('action', 2) || '#2', 'success'), 'donedone', 'and of what follows');
SELECT is((SELECT state FROM opres.run WHERE id = :r3), 'completed', 'to the end');
SELECT is_empty('SELECT * FROM opres.check_runs()', 'and the projections know the copies');
SELECT * FROM finish();
ROLLBACK;
