-- People, the roles they hold, outside contacts, who is on call, and calls made.

CREATE FUNCTION opres.speak_as(person text, through text) RETURNS void
LANGUAGE c AS 'MODULE_PATHNAME', 'opres_speak_as_sql';
COMMENT ON FUNCTION opres.speak_as(text, text) IS
  'internal: from now on this person acts, who has made herself known by a signed webhook; through what is recorded as the login. Ended by NULLs, and with the transaction';

CREATE FUNCTION opres.acting_person() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_acting_person';
COMMENT ON FUNCTION opres.acting_person() IS
  'who acts now, as a person: the code of the person whose the login that was authenticated is, else the session''s role, else the acting role (opres.person_login); if none of them is anybody''s, @ and the session''s role';

CREATE FUNCTION opres.person_roles(person text, at timestamptz) RETURNS text[]
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_person_roles';
COMMENT ON FUNCTION opres.person_roles(text, timestamptz) IS
  'internal: the roles of playbooks that a person held at a time, sorted; those she has as a deputy are not among them';

CREATE FUNCTION opres.acting_role() RETURNS name
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_acting_role';
COMMENT ON FUNCTION opres.acting_role() IS
  'internal: the caller''s role (SET ROLE, else the session''s), functions that run as their owner looked through';

CREATE FUNCTION opres.is_own_login(login name) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_is_own_login';
COMMENT ON FUNCTION opres.is_own_login(name) IS
  'internal: whether a login is the one that was authenticated, the session''s role or the acting role';

CREATE FUNCTION opres.acts_as_owner() RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_acts_as_owner';
COMMENT ON FUNCTION opres.acts_as_owner() IS
  'internal: whether the caller is a superuser or the owner of our tables, functions that run as their owner looked through';

-- Four eyes are two persons: who keeps the register must not make herself somebody, or give herself a role.
CREATE FUNCTION opres.refuse_own(own boolean, what text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF own AND NOT opres.acts_as_owner() THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('nobody changes her own %s', what),
      HINT = 'Somebody else with the access registrar must do it, or the owner of the extension.';
  END IF;
END
$$;
COMMENT ON FUNCTION opres.refuse_own(boolean, text) IS 'internal: an error if it is the caller''s own, unless she is the owner of the extension';

CREATE FUNCTION opres.check_person(code text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM opres.person AS p WHERE p.code = check_person.code AND p.erased_at IS NULL) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = CASE WHEN EXISTS (SELECT FROM opres.person AS p WHERE p.code = check_person.code) THEN format('person "%s" was erased', code)
        ELSE format('there is no person %s', coalesce('"' || code || '"', 'NULL')) END,
      HINT = 'opres.save_person adds one.';
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_person(text) IS 'internal: an error unless there is that person, and she is not erased';

CREATE FUNCTION opres.hold_person(code text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM opres.person AS p WHERE p.code = hold_person.code FOR SHARE;
  PERFORM opres.check_person(code);
END
$$;
COMMENT ON FUNCTION opres.hold_person(text) IS 'internal: as check_person, and she is not erased before the transaction ends';

-- A code is one of a person or one of a contact: calls are recorded under it.
CREATE FUNCTION opres.check_callee_code(code text, other text, taken boolean) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF code IS NULL OR NOT opres.is_code(code) OR code ~ '^@' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('%s cannot be a code', coalesce('"' || code || '"', 'NULL')),
      DETAIL = '1 to 200 bytes, no @ at the beginning, no control character, no blank at either end. Codes stay when the rest is erased: they should not be names.';
  ELSIF taken THEN
    RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE = format('"%s" is the code of a %s', code, other);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_callee_code(text, text, boolean) IS 'internal: an error unless it can be the code of a new person or contact';

CREATE FUNCTION opres.check_texts(texts text[], name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM unnest(texts) AS t WHERE t IS NULL OR t !~ '\S') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s must not contain null or an empty text', name);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_texts(text[], text) IS 'internal: an error if one of the texts is null or blank';

CREATE FUNCTION opres.check_names(names jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT opres.is_names(names) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'names must be an object of language codes and texts',
      HINT = 'Such as: {"ja": "..."}';
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_names(jsonb) IS 'internal: an error unless it can be names in other languages';

-- What has changed of a row, by name: the trail says which columns, never what is in them.
CREATE FUNCTION opres.changed_columns(before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(a.key ORDER BY a.key COLLATE "C"), '{}') FROM jsonb_each(after) AS a
  WHERE a.value IS DISTINCT FROM coalesce(before->a.key, CASE WHEN a.value IN ('null', '{}', '[]') THEN a.value END)
$$;
COMMENT ON FUNCTION opres.changed_columns(jsonb, jsonb) IS
  'internal: the columns in which two rows differ; before NULL: those of the new row that are not empty';

CREATE FUNCTION opres.save_person(code text, name text DEFAULT NULL, names jsonb DEFAULT NULL, organisation text DEFAULT NULL,
  department text DEFAULT NULL, phones text[] DEFAULT NULL, email text DEFAULT NULL, note text DEFAULT NULL, logins name[] DEFAULT NULL,
  reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  old opres.person;
  new opres.person;
  columns text[];
BEGIN
  SELECT * INTO old FROM opres.person AS p WHERE p.code = code FOR UPDATE;
  IF FOUND THEN
    PERFORM opres.check_person(code);
  ELSE
    PERFORM opres.check_callee_code(code, 'contact', EXISTS (SELECT FROM opres.contact AS c WHERE c.code = code));
  END IF;
  PERFORM opres.check_texts(phones, 'phones'), opres.check_names(names);
  new.code := code;
  new.name := nullif(coalesce(name, old.name), '');
  new.names := coalesce(names, old.names, '{}');
  new.organisation := nullif(coalesce(organisation, old.organisation), '');
  new.department := nullif(coalesce(department, old.department), '');
  new.phones := coalesce(phones, old.phones, '{}');
  new.email := nullif(coalesce(email, old.email), '');
  new.note := nullif(coalesce(note, old.note), '');
  columns := opres.changed_columns(to_jsonb(old) - 'code', to_jsonb(new) - 'code');
  IF columns <> '{}' THEN
    INSERT INTO opres.person SELECT new.*
    ON CONFLICT ON CONSTRAINT person_pkey DO UPDATE SET name = new.name, names = new.names, organisation = new.organisation,
      department = new.department, phones = new.phones, email = new.email, note = new.note;
    PERFORM opres.audit_append('person.save', format('person %s', code), opres.reason_for(reason, NULL),
      jsonb_build_object('columns', columns)::text);
  END IF;
  IF logins IS NOT NULL THEN
    PERFORM opres.set_logins(code, logins, reason);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.save_person(text, text, jsonb, text, text, text[], text, text, name[], text) IS
  'adds a person or changes what is known of her; what is not given (or null) stays as it is, an empty text or array empties it. code: what everything else calls her, for good: not a name. names: in other languages, {"ja": "..."}; phones: in the order in which to try them; logins: all database roles that are hers. The audit trail says which columns changed, not what is in them. Errors: a code that was erased or is a contact''s, a login that is somebody else''s or the caller''s own.';

CREATE FUNCTION opres.set_logins(person text, logins name[], reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  added CONSTANT name[] := ARRAY(SELECT l FROM unnest(logins) AS l WHERE l NOT IN (SELECT p.login FROM opres.person_login AS p WHERE p.person = person)
    GROUP BY l ORDER BY l COLLATE "C");
  removed CONSTANT name[] := ARRAY(SELECT p.login FROM opres.person_login AS p WHERE p.person = person AND p.login <> ALL (logins)
    ORDER BY p.login);
  l name;
  other text;
BEGIN
  PERFORM opres.check_texts(logins::text[], 'logins');
  FOREACH l IN ARRAY removed || added LOOP
    PERFORM opres.refuse_own(opres.is_own_login(l), 'login');
  END LOOP;
  DELETE FROM opres.person_login AS p WHERE p.person = person AND p.login = ANY (removed);
  FOREACH l IN ARRAY added LOOP
    INSERT INTO opres.person_login (login, person) VALUES (l, person) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT p.person INTO other FROM opres.person_login AS p WHERE p.login = l;
      RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE = format('login "%s" is that of person "%s"', l, other),
        HINT = 'A login belongs to one person. Take it from her first: opres.save_person with the logins she keeps.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = l) THEN
      RAISE NOTICE 'there is no database role "%" yet', l;
    END IF;
  END LOOP;
  IF added <> '{}' OR removed <> '{}' THEN
    PERFORM opres.audit_append('person.logins', format('person %s', person), opres.reason_for(reason, NULL),
      jsonb_build_object('added', added, 'removed', removed)::text);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.set_logins(text, name[], text) IS 'internal: the logins of a person are these';

CREATE FUNCTION opres.check_validity(role text, valid_from timestamptz, valid_until timestamptz, rank int) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF role IS NULL OR role !~ '^[a-z][a-z0-9_]*$' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s cannot be a role', coalesce('"' || role || '"', 'NULL')),
      DETAIL = 'Roles of playbooks are codes of small letters, digits and _, such as csirt_lead.';
  ELSIF rank <= 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the rank must be 1 or more';
  ELSIF valid_from >= valid_until THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'valid_from must be before valid_until',
      DETAIL = format('They are %s and %s.', valid_from, valid_until);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_validity(text, timestamptz, timestamptz, int) IS 'internal: an error unless these can be of a role holder or somebody on call';

CREATE FUNCTION opres.save_role_holder(role text, person text, rank int DEFAULT NULL, valid_from timestamptz DEFAULT NULL,
  valid_until timestamptz DEFAULT NULL, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  old opres.role_holder;
  new opres.role_holder;
BEGIN
  PERFORM opres.hold_person(person);
  PERFORM opres.refuse_own(person = opres.acting_person(), 'roles');
  SELECT * INTO old FROM opres.role_holder AS h WHERE h.role = role AND h.person = person FOR UPDATE;
  new.role := role;
  new.person := person;
  new.rank := coalesce(rank, old.rank, 1);
  new.valid_from := coalesce(valid_from, old.valid_from, now());
  new.valid_until := coalesce(valid_until, old.valid_until, 'infinity');
  PERFORM opres.check_validity(role, new.valid_from, new.valid_until, new.rank);
  IF new IS NOT DISTINCT FROM old THEN
    RETURN;
  END IF;
  INSERT INTO opres.role_holder SELECT new.*
  ON CONFLICT ON CONSTRAINT role_holder_pkey DO UPDATE SET rank = new.rank, valid_from = new.valid_from, valid_until = new.valid_until;
  PERFORM opres.audit_append('role_holder.save', format('role %s person %s', role, person), opres.reason_for(reason, NULL),
    jsonb_build_object('rank', new.rank, 'valid_from', new.valid_from, 'valid_until', new.valid_until)::text);
END
$$;
COMMENT ON FUNCTION opres.save_role_holder(text, text, int, timestamptz, timestamptz, text) IS
  'a person holds a role of the playbooks (csirt_lead, crisis_head, ...): rank 1 is called first, then the deputies in the order of their ranks (default 1); from valid_from (default now) until before valid_until (default for good). Changes those given of one who holds it already. Nobody may for herself.';

CREATE FUNCTION opres.remove_role_holder(role text, person text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM opres.refuse_own(person = opres.acting_person(), 'roles');
  DELETE FROM opres.role_holder AS h WHERE h.role = role AND h.person = person;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = format('person "%s" does not hold the role "%s"', coalesce(person, 'NULL'), coalesce(role, 'NULL')),
      HINT = 'The table opres.role_holder lists who holds what.';
  END IF;
  PERFORM opres.audit_append('role_holder.remove', format('role %s person %s', role, person), opres.reason_for(reason, NULL), NULL);
END
$$;
COMMENT ON FUNCTION opres.remove_role_holder(text, text, text) IS
  'a person does not hold a role any more, from now on. What she did while she held it stays what it was.';

CREATE FUNCTION opres.save_on_call(role text, person text, valid_from timestamptz, valid_until timestamptz, rank int DEFAULT 1,
  reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM opres.hold_person(person);
  IF valid_from IS NULL OR valid_until IS NULL OR rank IS NULL OR NOT isfinite(valid_from) THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'valid_from, valid_until and rank must be given';
  END IF;
  PERFORM opres.check_validity(role, valid_from, valid_until, rank);
  IF EXISTS (SELECT FROM opres.on_call AS o
    WHERE (o.role, o.person, o.valid_from, o.valid_until, o.rank) = (role, person, valid_from, valid_until, rank)) THEN
    RETURN;
  END IF;
  INSERT INTO opres.on_call (role, person, valid_from, valid_until, rank) VALUES (role, person, valid_from, valid_until, rank)
  ON CONFLICT ON CONSTRAINT on_call_pkey DO UPDATE SET valid_until = excluded.valid_until, rank = excluded.rank;
  IF NOT opres.person_roles(person, valid_from) @> ARRAY[role] THEN
    RAISE NOTICE 'person "%" does not hold the role "%" then: she can be called, but not act in it', person, role;
  END IF;
  PERFORM opres.audit_append('on_call.save', format('role %s person %s', role, person), opres.reason_for(reason, NULL),
    jsonb_build_object('rank', rank, 'valid_from', valid_from, 'valid_until', valid_until)::text);
END
$$;
COMMENT ON FUNCTION opres.save_on_call(text, text, timestamptz, timestamptz, int, text) IS
  'a person is on call for a role of the playbooks from valid_from until before valid_until; of several, rank 1 is called first. Of the same role, person and valid_from there is one: the end and the rank are changed.';

CREATE FUNCTION opres.remove_on_call(role text, person text, valid_from timestamptz, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  DELETE FROM opres.on_call AS o WHERE o.role = role AND o.person = person AND o.valid_from = valid_from;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = format('person "%s" is not on call for the role "%s" from %s', coalesce(person, 'NULL'), coalesce(role, 'NULL'),
        coalesce(valid_from::text, 'NULL')),
      HINT = 'The table opres.on_call lists who is on call when.';
  END IF;
  PERFORM opres.audit_append('on_call.remove', format('role %s person %s', role, person), opres.reason_for(reason, NULL),
    jsonb_build_object('valid_from', valid_from)::text);
END
$$;
COMMENT ON FUNCTION opres.remove_on_call(text, text, timestamptz, text) IS 'a person is not on call for a role after all';
