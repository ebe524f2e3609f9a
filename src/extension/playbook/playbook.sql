-- Loading playbooks, and looking at those that are loaded. Reading and checking a document is C (load.c, check.c).

CREATE FUNCTION opres.load_playbook(document jsonb, reason text DEFAULT NULL) RETURNS text
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_load_playbook_jsonb';
CREATE FUNCTION opres.load_playbook(document text, reason text DEFAULT NULL) RETURNS text
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_load_playbook';
COMMENT ON FUNCTION opres.load_playbook(text, text) IS
  'loads a version (id and modified) of a CACAO 2.0 playbook and returns its id. The document is kept as it is, byte for byte. Loading the same again changes nothing; a version that is there is never changed. An invalid signature is refused (opres.check_signatures), and, where the setting opres.require_playbook_signature is on, a playbook without a valid one by a trusted key.';
COMMENT ON FUNCTION opres.load_playbook(jsonb, text) IS
  'like load_playbook(text); what is kept is PostgreSQL''s text of the jsonb value';

CREATE FUNCTION opres.playbook_steps(playbook text, lang text DEFAULT 'en')
RETURNS TABLE ("position" int, step text, code text, type text, phase text, name text, role text, mandatory boolean, branches int[],
               on_success int, on_failure int, description text)
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_playbook_steps';
COMMENT ON FUNCTION opres.playbook_steps(text, text) IS
  'the steps of a loaded playbook in the order in which people read them, those of the playbooks inside it included, each at its place (step: the id of the playbook action, "/", its own id). playbook: an id, id@modified, an attack type or a name. branches, on_success, on_failure: positions to which the step leads (on_success also what on_completion says)';

CREATE FUNCTION opres.check_playbook(document text, lang text DEFAULT 'en')
RETURNS TABLE (severity text, path text, problem text, advice text)
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_check_playbook';
CREATE FUNCTION opres.check_playbook(document jsonb, lang text DEFAULT 'en')
RETURNS TABLE (severity text, path text, problem text, advice text)
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_check_playbook_jsonb';
COMMENT ON FUNCTION opres.check_playbook(text, text) IS
  'what load_playbook would say to a CACAO 2.0 playbook, all of it, without loading it: errors, for which it would be refused, then warnings. path is a JSON path. No row: nothing to say. lang: en or ja.';
COMMENT ON FUNCTION opres.check_playbook(jsonb, text) IS
  'like check_playbook(text); keys that stand twice in an object cannot be seen in a jsonb value';
