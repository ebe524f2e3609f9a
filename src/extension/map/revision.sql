-- Revisions: who made the map what it is, under which name a revision is known, which one is in force.

CREATE VIEW opres.map_revisions AS
SELECT revision, made_at, made_by, label, approved_at, approved_by,
  approved_at IS NOT NULL AND revision = (SELECT max(revision) FROM opres.map_revision WHERE approved_at IS NOT NULL) AS in_force
FROM opres.map_revision;
COMMENT ON VIEW opres.map_revisions IS 'the revisions of the map; in_force = the latest approved one';

CREATE FUNCTION opres.revision_in_force() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT max(revision) FROM opres.map_revision WHERE approved_at IS NOT NULL);
COMMENT ON FUNCTION opres.revision_in_force() IS 'the latest approved revision of the map; NULL if none is';

CREATE FUNCTION opres.map_revision_of(label text) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_revision bigint := (SELECT r.revision FROM opres.map_revision AS r WHERE r.label = map_revision_of.label);
BEGIN
  IF found_revision IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('no map revision has the label "%s"', label),
      HINT = 'The view opres.map_revisions lists them.';
  END IF;
  RETURN found_revision;
END
$$;
COMMENT ON FUNCTION opres.map_revision_of(text) IS 'the revision of the map that has this label; an error if none has';

-- As the owner: nobody else may write map_revision. The act and its entry in the audit trail are one function, so that no caller
-- keeps the one and drops the other.
CREATE FUNCTION opres.label_revision(revision bigint, label text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  holder bigint;
BEGIN
  IF NOT opres.is_code(label) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('"%s" cannot be a label', label),
      DETAIL = 'A label has 1 to 200 bytes, no control character and no blank at either end.';
  END IF;
  reason := opres.reason_for(reason, 'naming a revision of the map');
  UPDATE opres.map_revision AS r SET label = label_revision.label WHERE r.revision = label_revision.revision;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('map revision %s does not exist', coalesce(revision::text, 'NULL')),
      HINT = 'The view opres.map_revisions lists them.';
  END IF;
  PERFORM opres.audit_append('map.label', format('map revision %s', revision), reason, opres.label_text(revision, label));
EXCEPTION WHEN unique_violation THEN
  SELECT r.revision INTO holder FROM opres.map_revision AS r WHERE r.label = label_revision.label;
  RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = format('the label "%s" is taken', label),
    DETAIL = CASE WHEN holder IS NOT NULL THEN format('Revision %s has it.', holder) ELSE 'A concurrent transaction has taken it.' END,
    HINT = 'A label can be taken off: opres.label_revision(revision, NULL, reason).';
END
$$;
COMMENT ON FUNCTION opres.label_revision(bigint, text, text) IS
  'names a revision of the map (FY2025); NULL takes the name off. A label names one revision. Needs a reason, here or in the setting opres.reason: the audit trail keeps both.';

-- Four eyes: what comes into force is everything since the revision approved before it, so nobody who made any of that may approve.
CREATE FUNCTION opres.approve_revision(revision bigint, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target opres.map_revision;
  base bigint;
  own bigint;
BEGIN
  reason := opres.reason_for(reason, 'approving a revision of the map');
  SELECT r.* INTO target FROM opres.map_revision AS r WHERE r.revision = approve_revision.revision FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('map revision %s does not exist', coalesce(revision::text, 'NULL')),
      HINT = 'The view opres.map_revisions lists them.';
  END IF;
  IF target.approved_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('map revision %s is already approved', revision),
      DETAIL = format('%s approved it at %s.', target.approved_by, target.approved_at);
  END IF;
  -- (A restored revision may carry the number of this transaction by chance, but was made before it.)
  IF target.made_in = pg_current_xact_id_if_assigned() AND target.made_at >= transaction_timestamp() THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('map revision %s is not committed yet', revision),
      DETAIL = 'This transaction is making it and may still change it.';
  END IF;

  SELECT coalesce(max(r.revision), 0) INTO base
  FROM opres.map_revision AS r WHERE r.approved_at IS NOT NULL AND r.revision < target.revision;
  SELECT max(r.revision) INTO own
  FROM opres.map_revision AS r WHERE r.revision > base AND r.revision <= target.revision AND r.made_by = session_user;
  IF own IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('map revision %s must be approved by somebody else than %s', revision, session_user),
      DETAIL = CASE WHEN own = target.revision THEN format('%s made it.', session_user)
        ELSE format('With it revision %s comes into force, which %s made and nobody has approved.', own, session_user) END;
  END IF;

  UPDATE opres.map_revision AS r SET approved_at = clock_timestamp(), approved_by = session_user
  WHERE r.revision = target.revision RETURNING r.* INTO target;
  PERFORM opres.audit_append('map.approve', format('map revision %s', target.revision), reason,
    opres.approval_text(target.revision, target.approved_at, target.approved_by));
END
$$;
COMMENT ON FUNCTION opres.approve_revision(bigint, text) IS
  'approves a revision of the map: the latest approved one is in force. Refused to those who made it, or made an earlier one that comes into force with it. Needs a reason, here or in the setting opres.reason: the audit trail keeps both.';
