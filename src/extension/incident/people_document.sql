-- People, role holders, who is on call and contacts as one document: loaded strictly, dumped in the same form.

-- What a document may hold, for a check that says where it is wrong.
CREATE FUNCTION opres.people_members() RETURNS TABLE (section text, member text, type text, required boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  VALUES ('people', 'code', 'string', true), ('people', 'name', 'string', false), ('people', 'names', 'object', false), ('people', 'organisation', 'string', false),
    ('people', 'department', 'string', false), ('people', 'phones', 'strings', false), ('people', 'email', 'string', false), ('people', 'note', 'string', false),
    ('people', 'logins', 'strings', false),
    ('role_holders', 'role', 'string', true), ('role_holders', 'person', 'string', true), ('role_holders', 'rank', 'number', false),
    ('role_holders', 'valid_from', 'time', false), ('role_holders', 'valid_until', 'time', false),
    ('on_call', 'role', 'string', true), ('on_call', 'person', 'string', true), ('on_call', 'valid_from', 'time', true), ('on_call', 'valid_until', 'time', true),
    ('on_call', 'rank', 'number', false),
    ('contacts', 'code', 'string', true), ('contacts', 'kind', 'string', false), ('contacts', 'name', 'string', false), ('contacts', 'names', 'object', false),
    ('contacts', 'organisation', 'string', false), ('contacts', 'contact_person', 'string', false), ('contacts', 'phones', 'strings', false),
    ('contacts', 'night_phones', 'strings', false), ('contacts', 'email', 'string', false), ('contacts', 'hours', 'string', false), ('contacts', 'note', 'string', false)
$$;
COMMENT ON FUNCTION opres.people_members() IS 'internal: the members of a document of people';

-- (Not IMMUTABLE: the planner would call it, WHERE or not.)
CREATE FUNCTION opres.refuse_people(place text, problem text, expected text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s: %s', place, problem), DETAIL = coalesce(expected, ''),
    HINT = 'opres.dump_people() shows the form.';
END
$$;
COMMENT ON FUNCTION opres.refuse_people(text, text, text) IS 'internal: an error that says where a document of people is wrong';

CREATE FUNCTION opres.is_time(value text) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN value::timestamptz IS NOT NULL AND value ~ '^(-?infinity|\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*([zZ]|[+-]\d\d(:?\d\d)?))$';
EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR invalid_time_zone_displacement_value THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION opres.is_time(text) IS 'internal: whether a text is a time with an offset, or infinity';

CREATE FUNCTION opres.check_people_item(section text, place text, item jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m record;
BEGIN
  IF jsonb_typeof(item) <> 'object' THEN
    PERFORM opres.refuse_people(place, 'is not an object', NULL);
  END IF;
  FOR m IN
    SELECT coalesce(k.key, d.member) AS member, k.value, d.type, d.required
    FROM jsonb_each(item) AS k FULL JOIN (SELECT * FROM opres.people_members() AS p WHERE p.section = check_people_item.section) AS d ON d.member = k.key
    ORDER BY d.member IS NOT NULL, 1
  LOOP
    IF m.type IS NULL THEN
      PERFORM opres.refuse_people(place || '.' || m.member, 'unknown member',
        (SELECT 'Known: ' || string_agg(p.member, ', ') FROM opres.people_members() AS p WHERE p.section = check_people_item.section));
    ELSIF m.value IS NULL OR m.value = 'null' THEN
      PERFORM opres.refuse_people(place || '.' || m.member, 'missing', NULL) WHERE m.required;
    ELSIF (CASE m.type
      WHEN 'strings' THEN jsonb_typeof(m.value) = 'array' AND NOT jsonb_path_exists(m.value, 'strict $[*] ? (@.type() != "string")')
      WHEN 'time' THEN jsonb_typeof(m.value) = 'string' AND opres.is_time(m.value #>> '{}')
      WHEN 'number' THEN jsonb_typeof(m.value) = 'number' AND m.value::text ~ '^[1-9][0-9]{0,8}$'
      ELSE jsonb_typeof(m.value) = m.type END) IS NOT TRUE
    THEN
      PERFORM opres.refuse_people(place || '.' || m.member, format('is %s', left(m.value::text, 60)), 'Expected ' || CASE m.type
        WHEN 'strings' THEN 'an array of strings.' WHEN 'time' THEN 'a time with an offset, such as "2026-04-01T09:00:00+09:00", or "infinity".'
        WHEN 'number' THEN 'a whole number, 1 or more.' WHEN 'object' THEN 'an object.' ELSE 'a string.' END);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION opres.check_people_item(text, text, jsonb) IS 'internal: an error unless a part of a document of people has the right form';

-- NULL where there is none.
CREATE FUNCTION opres.json_texts(value jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE jsonb_typeof(value) WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(value)) END $$;
COMMENT ON FUNCTION opres.json_texts(jsonb) IS 'internal: an array of strings as a text[]; NULL if it is none';

CREATE FUNCTION opres.load_people_item(section text, i jsonb, reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  CASE section
    WHEN 'people' THEN
      PERFORM opres.save_person(i->>'code', i->>'name', nullif(i->'names', 'null'), i->>'organisation', i->>'department', opres.json_texts(i->'phones'),
        i->>'email', i->>'note', opres.json_texts(i->'logins')::name[], reason);
    WHEN 'role_holders' THEN
      PERFORM opres.save_role_holder(i->>'role', i->>'person', (i->>'rank')::int, (i->>'valid_from')::timestamptz, (i->>'valid_until')::timestamptz, reason);
    WHEN 'on_call' THEN
      PERFORM opres.save_on_call(i->>'role', i->>'person', (i->>'valid_from')::timestamptz, (i->>'valid_until')::timestamptz, coalesce((i->>'rank')::int, 1), reason);
    WHEN 'contacts' THEN
      PERFORM opres.save_contact(i->>'code', i->>'kind', i->>'name', nullif(i->'names', 'null'), i->>'organisation', i->>'contact_person',
        opres.json_texts(i->'phones'), opres.json_texts(i->'night_phones'), i->>'email', i->>'hours', i->>'note', reason);
  END CASE;
END
$$;
COMMENT ON FUNCTION opres.load_people_item(text, jsonb, text) IS 'internal: saves a part of a document of people';

CREATE FUNCTION opres.load_people(document jsonb, reason text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  sections CONSTANT text[] := '{people,role_holders,on_call,contacts}';
  unknown CONSTANT text := (SELECT min(k) FROM jsonb_object_keys(CASE jsonb_typeof(document) WHEN 'object' THEN document ELSE '{}' END) AS k WHERE k <> ALL (sections));
  section text;
  item record;
  place text;
  problem text;
  code text;
  detail text;
  hint text;
  items bigint := 0;
BEGIN
  IF document IS NULL OR jsonb_typeof(document) <> 'object' THEN
    PERFORM opres.refuse_people('$', 'is not an object', NULL);
  ELSIF unknown IS NOT NULL THEN
    PERFORM opres.refuse_people('$.' || unknown, 'unknown member', 'Known: ' || array_to_string(sections, ', '));
  END IF;
  FOREACH section IN ARRAY sections LOOP
    CONTINUE WHEN NOT document ? section;
    IF jsonb_typeof(document->section) <> 'array' THEN
      PERFORM opres.refuse_people('$.' || section, 'is not an array', NULL);
    END IF;
    FOR item IN SELECT e.value, e.ordinality - 1 AS place FROM jsonb_array_elements(document->section) WITH ORDINALITY AS e LOOP
      place := format('$.%s[%s]', section, item.place);
      PERFORM opres.check_people_item(section, place, item.value);
      BEGIN
        PERFORM opres.load_people_item(section, item.value, reason);
      EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, code = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        RAISE EXCEPTION USING ERRCODE = code, MESSAGE = format('%s: %s', place, problem), DETAIL = detail, HINT = hint;
      END;
      items := items + 1;
    END LOOP;
  END LOOP;
  RETURN items;
END
$$;
COMMENT ON FUNCTION opres.load_people(jsonb, text) IS
  'adds and changes people, who holds which role, who is on call and contacts, as save_person, save_role_holder, save_on_call and save_contact do for each; what is not in the document stays. Returns how many it was. {"people": [{"code", "name", "names", "organisation", "department", "phones", "email", "note", "logins"}], "role_holders": [{"role", "person", "rank", "valid_from", "valid_until"}], "on_call": [likewise], "contacts": [{"code", "kind", "name", "names", "organisation", "contact_person", "phones", "night_phones", "email", "hours", "note"}]}. Anything wrong is an error with its JSON path, and nothing is loaded.';

CREATE FUNCTION opres.dump_people() RETURNS jsonb
LANGUAGE sql SECURITY DEFINER STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'people', (SELECT coalesce(jsonb_agg(to_jsonb(p) - 'erased_at' || jsonb_build_object('logins',
        ARRAY(SELECT l.login FROM opres.person_login AS l WHERE l.person = p.code ORDER BY l.login)) ORDER BY p.code), '[]')
      FROM opres.person AS p WHERE p.erased_at IS NULL),
    'role_holders', (SELECT coalesce(jsonb_agg(to_jsonb(h) ORDER BY h.role, h.rank, h.person), '[]') FROM opres.role_holder AS h),
    'on_call', (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.valid_from, o.role, o.rank, o.person), '[]') FROM opres.on_call AS o),
    'contacts', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.code), '[]') FROM opres.contact AS c))
$$;
COMMENT ON FUNCTION opres.dump_people() IS
  'all people but those erased, who holds which role, who is on call and contacts, as a document for load_people. It is personal data: keep it so.';
