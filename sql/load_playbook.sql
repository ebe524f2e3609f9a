-- Loading a playbook: what a user sees of one that is good, sloppy, broken; versions; what is told of it afterwards.
\set SHOW_CONTEXT never
\pset format unaligned
\pset fieldsep ' | '
CREATE EXTENSION opres;
SET timezone = 'Asia/Tokyo';

\set playbook '{\n "type": "playbook", "spec_version": "cacao-2.0", "id": "playbook--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e01", "name": "Phishing mail",\n "created_by": "identity--5abe695c-7bd5-4c31-8824-2528696cdbf1", "created": "2026-01-15T09:00:00.000+09:00", "modified": "2026-02-01T00:00:00.000Z",\n "playbook_variables": {"__clicked__": {"type": "integer", "description": "how many have clicked", "external": true}},\n "workflow_start": "start--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e02",\n "workflow": {\n  "start--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e02": {"type": "start", "on_completion": "action--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e03"},\n  "action--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e03": {"type": "action", "name": "Ask who has clicked", "agent": "group--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e07", "out_args": ["__clicked__"],\n   "commands": [{"type": "manual", "command": "Write to all who have received it."}], "on_completion": "if-condition--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e04",\n   "step_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"code": "A-01", "phase": "analysis", "texts": {"ja": {"name": "開封者を確認する", "commands": ["受信者全員に照会する。"]}}}}},\n  "if-condition--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e04": {"type": "if-condition", "name": "Anybody?", "condition": "__clicked__:value > 0", "on_true": "action--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e05", "on_completion": "end--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e06",\n   "step_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"code": "Q-01", "texts": {"ja": {"name": "開封者がいるか"}}}}},\n  "action--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e05": {"type": "action", "name": "Lock their accounts", "agent": "group--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e07",\n   "commands": [{"type": "manual", "command": "Lock the accounts of all __clicked__:value of them."}], "on_completion": "end--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e08",\n   "step_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"code": "K-01", "phase": "containment", "approvals": [{"role": "ciso"}], "texts": {"ja": {"name": "アカウントを停止する", "commands": ["開封者全員のアカウントを停止する。"]}}}}},\n  "end--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e06": {"type": "end"}, "end--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e08": {"type": "end"}},\n "playbook_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"attack_type": "phishing", "languages": ["en", "ja"], "texts": {"ja": {"name": "フィッシングメール"}}}},\n "agent_definitions": {\n  "group--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e07": {"type": "group", "name": "CSIRT", "agent_target_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"role": "csirt", "texts": {"ja": {"name": "CSIRT"}}}}},\n  "group--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e09": {"type": "group", "name": "CISO", "agent_target_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"role": "ciso", "texts": {"ja": {"name": "CISO"}}}}}},\n "extension_definitions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"type": "extension-definition", "name": "opres", "created_by": "identity--5abe695c-7bd5-4c31-8824-2528696cdbf1", "schema": "opres-extension.schema.json", "version": "1.0.0"}}\n}\n'

-- A good one; the same again changes nothing.
SELECT * FROM opres.check_playbook(:'playbook');
SELECT opres.load_playbook(:'playbook', 'approved by the risk committee');
SELECT opres.load_playbook(:'playbook');
SELECT opres.playbook_document('playbook--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e01') = :'playbook' AS byte_for_byte;
SELECT id, modified, name, attack_type, newest, usable, steps, loaded_by FROM opres.playbooks;
SELECT "position", code, type, phase, name, role, branches, on_success FROM opres.playbook_steps('phishing', 'ja');

-- A version is never changed.
SELECT opres.load_playbook(replace(:'playbook', 'Ask who', 'Find out who'));
-- A sloppy one: a newer version with what can be understood and should not be.
SELECT opres.load_playbook(replace(replace(replace(:'playbook', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00Z'),
  '__clicked__:value > 0', 'Has anybody clicked?'), ', "commands": ["受信者全員に照会する。"]', ''));
SELECT severity, path, problem FROM opres.check_playbook(replace(:'playbook', '__clicked__:value > 0', 'Has anybody clicked?'), 'ja');

-- Broken ones, each in its way.
SELECT opres.load_playbook(replace(:'playbook', '"on_completion": "if-', '"on_completion": "if_'));
SELECT opres.load_playbook(replace(:'playbook', '"role": "ciso"}]', '"role": "cso"}]'));
SELECT opres.load_playbook(replace(:'playbook', '"__clicked__:value > 0"', '"__cliked__:value > 0"'));
SELECT opres.load_playbook(replace(:'playbook', '2026-02-01T', '2025-02-29T'));
SELECT opres.load_playbook(replace(:'playbook', '"on_completion": "end--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e08"',
  '"on_completion": "if-condition--0b5e6d1c-9a52-4b0e-8f7d-2f0a3d6c1e04"'));
SELECT opres.load_playbook(replace(:'playbook', '"command": "Write to all who have received it."', '"comand": "Write"'));
SELECT opres.load_playbook('{"type": "playbook", "spec_version": "cacao-1.1", "type": "playbook"}');
SELECT opres.load_playbook('{"type": "playbook", "spec_version": "cacao-1.1"}');
SELECT opres.load_playbook('# Phishing mail');
SELECT * FROM opres.check_playbook('{"type": "playbook", "spec_version": "cacao-1.1"}', 'ja');
SELECT * FROM opres.check_playbook('{"type": "playbook", "type": "playbook"}');
SELECT * FROM opres.check_playbook('{}', 'de');

-- What is not there, what was probably meant.
SELECT count(*) FROM opres.playbook_steps('fishing');
SELECT opres.playbook_document('phishing');

-- On record.
SELECT action, subject, reason, content FROM opres.audit_trail WHERE action LIKE 'playbook.%' ORDER BY entry;
DROP EXTENSION opres;
