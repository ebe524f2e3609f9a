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

CREATE VIEW opres.playbooks AS
  SELECT p.id, p.modified, p.name, p.attack_type, p.revoked, p.valid_from, p.valid_until,
    p.modified = n.modified AS newest,
    NOT n.revoked AND now() >= coalesce(p.valid_from, '-infinity') AND now() < coalesce(p.valid_until, 'infinity') AS usable,
    (SELECT count(*)::int FROM jsonb_object_keys((p.document::jsonb) -> 'workflow')) AS steps,
    p.signatures, p.loaded_at, p.loaded_by
  FROM opres.playbook AS p
    CROSS JOIN LATERAL (SELECT max(v.modified), bool_or(v.revoked AND v.modified >= p.modified)
                        FROM opres.playbook AS v WHERE v.id = p.id) AS n (modified, revoked);
COMMENT ON VIEW opres.playbooks IS
  'the playbooks that are loaded, one row per version. newest: no later version of it is loaded. usable: a run may begin with it now, that is, neither it nor a later version is revoked and it is valid. steps: its own, without those of playbooks inside it. signatures: what was found of them when it was loaded, or signed';

CREATE FUNCTION opres.playbook_document(id text, modified timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_document text;
BEGIN
  SELECT p.document INTO found_document FROM opres.playbook AS p
  WHERE p.id = playbook_document.id AND (playbook_document.modified IS NULL OR p.modified = playbook_document.modified)
  ORDER BY p.modified DESC LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = format('playbook "%s" is not loaded%s', playbook_document.id, ' in the version of ' || playbook_document.modified),
      HINT = 'opres.playbooks lists those that are.';
  END IF;
  RETURN found_document;
END
$$;
COMMENT ON FUNCTION opres.playbook_document(text, timestamptz) IS
  'a loaded playbook as it was loaded, byte for byte; modified: the version, NULL = the newest. An error if it is not loaded.';
