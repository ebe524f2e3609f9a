-- What the audit trail keeps of the map: of each revision a digest of the rows it wrote and ended, of each label and approval what
-- was decided; and whether the map still is what the trail says.
--
-- The digest can be computed again at any time. A revision wrote the rows that have its number as since_revision, in the table or
-- its history, and ended those that have it as until_revision in the history. A row is hashed as
--   sha256(convert_to(ROW(columns of the table, since_revision the last)::text, 'UTF8'))
-- under the settings below (in a database of encoding SQL_ASCII: the bytes as they are), and the rows of one table as the SHA-256
-- over their hashes in ascending order, joined. So neither the collation nor the encoding of the database matters, and a row is
-- hashed once for its beginning and its end.
-- Columns that come with a later version of opres must stay out of the digests of revisions made before.

CREATE FUNCTION opres.row_sha256("row" text) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_row_sha256';
COMMENT ON FUNCTION opres.row_sha256(text) IS 'internal: SHA-256 of a text in UTF-8 (in a database of encoding SQL_ASCII: of its bytes)';

CREATE FUNCTION opres.sha256_add(state internal, hash bytea) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_sha256_add';
COMMENT ON FUNCTION opres.sha256_add(internal, bytea) IS 'internal: part of sha256_of';
CREATE FUNCTION opres.sha256_end(state internal) RETURNS bytea
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_sha256_end';
COMMENT ON FUNCTION opres.sha256_end(internal) IS 'internal: part of sha256_of';
CREATE AGGREGATE opres.sha256_of(hash bytea) (
  SFUNC = opres.sha256_add, STYPE = internal, FINALFUNC = opres.sha256_end, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE opres.sha256_of(bytea) IS
  'internal: SHA-256 over hashes that come in ascending order; an error if they do not. As sha256(string_agg(hash, '''')), in little memory';

CREATE FUNCTION opres.utc_text(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
COMMENT ON FUNCTION opres.utc_text(timestamptz) IS 'internal: a time as the audit trail writes it, whatever the session''s settings';

-- What entries say. Verification makes the same texts again and compares.
CREATE FUNCTION opres.revision_text(revision bigint, stamp uuid, made_at timestamptz, written text, ended text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN format('{"revision": %s, "stamp": "%s", "made_at": "%s", "written": {%s}, "ended": {%s}}',
  revision, stamp, opres.utc_text(made_at), written, ended);
COMMENT ON FUNCTION opres.revision_text(bigint, uuid, timestamptz, text, text) IS
  'internal: what an entry says of a revision; written, ended: a member for each table with such rows';

CREATE FUNCTION opres.rows_text(name text, rows bigint, digest bytea) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN format('"%s": {"rows": %s, "sha256": "%s"}', name, rows, encode(digest, 'hex'));
COMMENT ON FUNCTION opres.rows_text(text, bigint, bytea) IS 'internal: what an entry says of the rows of a table';

CREATE FUNCTION opres.label_text(revision bigint, label text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN format('{"revision": %s, "label": %s}', revision, coalesce(to_json(label)::text, 'null'));
COMMENT ON FUNCTION opres.label_text(bigint, text) IS 'internal: what an entry says of a label';

CREATE FUNCTION opres.approval_text(revision bigint, approved_at timestamptz, approved_by name) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN format('{"revision": %s, "approved_at": "%s", "approved_by": %s}', revision, opres.utc_text(approved_at),
  to_json(approved_by::text));
COMMENT ON FUNCTION opres.approval_text(bigint, timestamptz, name) IS 'internal: what an entry says of an approval';

-- Two functions over the same rows: one revision, the one this transaction makes, in time that follows the edit; and all revisions,
-- in one pass over the map and its history. The first goes by the indexes on since_revision and until_revision, whatever the
-- statistics say, plans nothing for tables the edit did not touch, and has no use for history rows the revision wrote: it has not
-- ended any of its own.
DO $do$
DECLARE
  settings CONSTANT text := $$SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
    SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET work_mem = '64MB' SET jit = off$$;
  map_table name;
  columns text;
  one text := '';
  every text[] := '{}';
BEGIN
  FOREACH map_table IN ARRAY '{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock}'::name[] LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_catalog.pg_attribute
    WHERE attrelid = format('opres.%I', map_table)::regclass AND attnum > 0 AND NOT attisdropped;

    one := one || format($f$
      IF EXISTS (SELECT FROM opres.%1$I WHERE since_revision = made) THEN
        written := concat_ws(', ', written, (SELECT opres.rows_text(%1$L, count(*), opres.sha256_of(hash))
          FROM (SELECT opres.row_sha256(ROW(%2$s)::text) AS hash FROM opres.%1$I WHERE since_revision = made ORDER BY 1) AS r));
      END IF;
      IF EXISTS (SELECT FROM opres.%3$I WHERE until_revision = made) THEN
        ended := concat_ws(', ', ended, (SELECT opres.rows_text(%1$L, count(*), opres.sha256_of(hash))
          FROM (SELECT opres.row_sha256(ROW(%2$s)::text) AS hash FROM opres.%3$I WHERE until_revision = made ORDER BY 1) AS r));
      END IF;$f$, map_table, columns, map_table || '_history');
    every := every || format($f$
        SELECT revision, side, %1$s AS place, opres.rows_text(%2$L, count(*), opres.sha256_of(hash)) AS content
        FROM (
          SELECT s.revision, s.side, r.hash
          FROM (
            SELECT since_revision, NULL::bigint AS until_revision, opres.row_sha256(ROW(%3$s)::text) AS hash FROM opres.%2$I
            UNION ALL
            SELECT since_revision, until_revision, opres.row_sha256(ROW(%3$s)::text) FROM opres.%4$I
          ) AS r CROSS JOIN LATERAL (VALUES ('written', r.since_revision), ('ended', r.until_revision)) AS s (side, revision)
          WHERE s.revision IS NOT NULL
          ORDER BY s.revision, s.side, r.hash
        ) AS r
        GROUP BY revision, side$f$, cardinality(every), map_table, columns, map_table || '_history');
  END LOOP;

  EXECUTE format($f$
    CREATE FUNCTION opres.revision_content(made bigint) RETURNS text LANGUAGE plpgsql SECURITY DEFINER %s
    SET enable_seqscan = off SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan AS $body$
    DECLARE
      written text;
      ended text;
    BEGIN%s
      RETURN opres.revision_text(made, r.stamp, r.made_at, written, ended) FROM opres.map_revision AS r WHERE r.revision = made;
    END
    $body$$f$, settings, one);
  EXECUTE format($f$
    CREATE FUNCTION opres.revision_contents() RETURNS TABLE (revision bigint, known boolean, made_by name, content text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE %s SET enable_hashagg = off AS $body$
    #variable_conflict use_column
    BEGIN
      RETURN QUERY
      WITH side AS (
        SELECT t.revision, string_agg(t.content, ', ' ORDER BY t.place) FILTER (WHERE t.side = 'written') AS written,
          string_agg(t.content, ', ' ORDER BY t.place) FILTER (WHERE t.side = 'ended') AS ended
        FROM (%s) AS t
        GROUP BY t.revision
      )
      SELECT coalesce(r.revision, s.revision), r.revision IS NOT NULL, r.made_by,
        opres.revision_text(coalesce(r.revision, s.revision), r.stamp, r.made_at, s.written, s.ended)
      FROM opres.map_revision AS r FULL JOIN side AS s ON s.revision = r.revision;
    END
    $body$$f$, settings, array_to_string(every, ' UNION ALL'));
END
$do$;
COMMENT ON FUNCTION opres.revision_content(bigint) IS
  'internal: what the audit trail keeps of the revision this transaction makes, as JSON';
COMMENT ON FUNCTION opres.revision_contents() IS
  'internal: what the audit trail should have kept of every revision, computed from the tables as they are; known is false for a number that rows have but no revision';

-- Verification. In English and Japanese; a detail is a format for the arguments of its finding.
CREATE FUNCTION opres.map_trail_texts() RETURNS TABLE (finding text, problem text, lang text, detail text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  VALUES
  ('unrecorded', 'revision unrecorded', 'en', 'No entry records map revision %1$s, made by %2$s.'),
  ('unrecorded', 'revision unrecorded', 'ja', 'マップ第%1$s版（作成者：%2$s）の記録がありません。'),
  ('missing', 'revision missing', 'en', 'The entry records a map revision that does not exist: %1$s.'),
  ('missing', 'revision missing', 'ja', '記録されているマップの版（%1$s）が存在しません。'),
  ('doubled', 'revision doubled', 'en', 'Entry %2$s records the same: %1$s.'),
  ('doubled', 'revision doubled', 'ja', '%2$s番に同じ版（%1$s）の記録があります。'),
  ('changed', 'revision changed', 'en', 'Map revision %1$s, %2$s: recorded is %3$s, the tables say %4$s.'),
  ('changed', 'revision changed', 'ja', 'マップ第%1$s版の%2$s：記録では%3$s、現在の表では%4$sです。'),
  ('unreadable', 'revision changed', 'en', 'What the entry says of map revision %1$s is not as opres writes it.'),
  ('unreadable', 'revision changed', 'ja', 'マップ第%1$s版の記録内容が本来の形式ではありません。'),
  ('written', 'rows changed', 'en',
    'Table %2$s, rows that map revision %1$s wrote: recorded are %3$s (SHA-256 %4$s), the tables have %5$s (%6$s).'),
  ('written', 'rows changed', 'ja', '表%2$s：マップ第%1$s版が書き込んだ行は、記録では%3$s件（SHA-256 %4$s）、現在の表では%5$s件（%6$s）です。'),
  ('ended', 'rows changed', 'en',
    'Table %2$s, rows that map revision %1$s changed or deleted: recorded are %3$s (SHA-256 %4$s), the tables have %5$s (%6$s).'),
  ('ended', 'rows changed', 'ja', '表%2$s：マップ第%1$s版が変更・削除した行は、記録では%3$s件（SHA-256 %4$s）、現在の表では%5$s件（%6$s）です。'),
  ('strange', 'rows unrecorded', 'en', 'Rows are of map revision %1$s, which neither exists nor is recorded, in: %2$s.'),
  ('strange', 'rows unrecorded', 'ja', '存在も記録もされていないマップ第%1$s版の行があります（%2$s）。'),
  ('label', 'label changed', 'en', 'Label of map revision %1$s: recorded is %2$s, the tables say %3$s.'),
  ('label', 'label changed', 'ja', 'マップ第%1$s版のラベル：記録では%2$s、現在の表では%3$sです。'),
  ('approval', 'approval changed', 'en', 'Approval of map revision %1$s: recorded is %2$s, the tables say %3$s.'),
  ('approval', 'approval changed', 'ja', 'マップ第%1$s版の承認：記録では%2$s、現在の表では%3$sです。'),
  ('approved again', 'approval changed', 'en', 'Map revision %1$s had been approved before, by entry %2$s.'),
  ('approved again', 'approval changed', 'ja', 'マップ第%1$s版は%2$s番で承認済みです。'),
  ('head', 'head changed', 'en', 'map_head says that the map is at revision and stamp %1$s; the latest revision is %2$s.'),
  ('head', 'head changed', 'ja', '現在の版とスタンプが、map_headでは%1$s、最新の版では%2$sとなっています。')
$$;
COMMENT ON FUNCTION opres.map_trail_texts() IS 'internal: what verify_map_revisions says';

-- By pattern, because a text that is no JSON must be no error here.
CREATE FUNCTION opres.recorded_rows(content text, side text, name text, OUT rows text, OUT digest text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(m[1], '0'), coalesce(m[2], '-')
  FROM regexp_match(
    substring(content FROM CASE side WHEN 'written' THEN '"written": \{(.*)\}, "ended": \{' ELSE '"ended": \{(.*)\}\}$' END),
    format('"%s": \{"rows": (\d+), "sha256": "([0-9a-f]{64})"\}', name)) AS m
$$;
COMMENT ON FUNCTION opres.recorded_rows(text, text, text) IS
  'internal: what an entry says of the rows of a table that a revision wrote or ended; 0 and - if nothing';

CREATE FUNCTION opres.acts_to_record() RETURNS text[]
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_acts_to_record';
COMMENT ON FUNCTION opres.acts_to_record() IS
  'internal: what this transaction has done of what verify_audit compares, as action, space, subject: its entries are written when it commits';

CREATE FUNCTION opres.map_trail_findings() RETURNS TABLE (finding text, entry bigint, arguments text[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  waiting CONSTANT text[] := opres.acts_to_record();
BEGIN
  -- Revisions, against the first entry of each.
  RETURN QUERY
  WITH recorded AS MATERIALIZED (
    SELECT e.entry, e.subject, e.session_role, e.content, e.salt IS NULL AS erased, min(e.entry) OVER (PARTITION BY e.subject) AS first
    FROM ONLY opres.audit_entry AS e WHERE e.action = 'map.revision'
  ), pair AS MATERIALIZED (
    SELECT e.entry, coalesce(r.revision::text, substring(e.subject FROM '^map revision (.*)$'), e.subject, '?') AS revision,
      coalesce(r.known, false) AS known, r.made_by::text AS made_by, r.content AS now, e.session_role, e.content, e.erased
    FROM (SELECT * FROM opres.revision_contents() WHERE format('map.revision map revision %s', revision) <> ALL (waiting)) AS r
    FULL JOIN (SELECT * FROM recorded WHERE entry = first) AS e ON e.subject = format('map revision %s', r.revision)
  ), different AS MATERIALIZED (
    SELECT p.*, v.finding, v.arguments
    FROM pair AS p, LATERAL (
      SELECT 'changed' AS finding, ARRAY[p.revision, c.name, c.old, c.new] AS arguments
      FROM (VALUES
        ('stamp', substring(p.content FROM '"stamp": "([^"]*)"'), substring(p.now FROM '"stamp": "([^"]*)"')),
        ('made_at', substring(p.content FROM '"made_at": "([^"]*)"'), substring(p.now FROM '"made_at": "([^"]*)"'))
      ) AS c (name, old, new)
      WHERE p.known AND c.old <> c.new
      UNION ALL
      SELECT side, ARRAY[p.revision, t, old.rows, old.digest, new.rows, new.digest]
      FROM unnest('{written,ended}'::text[]) AS side,
        unnest('{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock}'::text[]) AS t,
        opres.recorded_rows(p.content, side, t) AS old, opres.recorded_rows(p.now, side, t) AS new
      WHERE old <> new
    ) AS v
    WHERE p.entry IS NOT NULL AND NOT p.erased AND p.now IS DISTINCT FROM p.content
  )
  SELECT 'unrecorded', NULL::bigint, ARRAY[p.revision, p.made_by] FROM pair AS p WHERE p.entry IS NULL AND p.known
  UNION ALL
  SELECT 'strange', NULL, ARRAY[p.revision, array_to_string(ARRAY(SELECT DISTINCT m[1] FROM regexp_matches(p.now, '"(\w+)": \{"rows":', 'g') AS m), ', ')]
  FROM pair AS p WHERE p.entry IS NULL AND NOT p.known
  UNION ALL
  SELECT 'missing', p.entry, ARRAY[p.revision] FROM pair AS p WHERE NOT p.known AND p.entry IS NOT NULL
  UNION ALL
  SELECT 'doubled', e.entry, ARRAY[e.subject, e.first::text] FROM recorded AS e WHERE e.entry > e.first
  UNION ALL
  SELECT 'changed', p.entry, ARRAY[p.revision, 'made_by', p.session_role, p.made_by] FROM pair AS p
  WHERE p.known AND p.session_role <> p.made_by
  UNION ALL
  SELECT d.finding, d.entry, d.arguments FROM different AS d
  UNION ALL
  SELECT 'unreadable', p.entry, ARRAY[p.revision] FROM pair AS p
  WHERE p.known AND p.entry IS NOT NULL AND NOT p.erased AND p.now IS DISTINCT FROM p.content
    AND NOT EXISTS (SELECT FROM different AS d WHERE d.entry = p.entry);

  -- Labels and approvals, against the latest entry about each revision.
  RETURN QUERY
  WITH recorded AS MATERIALIZED (
    SELECT e.entry, e.action, e.subject, e.session_role, e.content, e.salt IS NULL AS erased,
      lag(e.entry) OVER past AS earlier, lead(e.entry) OVER past IS NULL AS latest
    FROM ONLY opres.audit_entry AS e WHERE e.action IN ('map.label', 'map.approve')
    WINDOW past AS (PARTITION BY e.action, e.subject ORDER BY e.entry)
  ), act AS (
    SELECT a.* FROM opres.map_revision AS r, LATERAL (VALUES
      ('label', 'map.label', r.revision, CASE WHEN r.label IS NOT NULL THEN opres.label_text(r.revision, r.label) END,
        opres.label_text(r.revision, NULL), NULL),
      ('approval', 'map.approve', r.revision,
        CASE WHEN r.approved_at IS NOT NULL THEN opres.approval_text(r.revision, r.approved_at, r.approved_by) END, NULL,
        r.approved_by::text)
    ) AS a (finding, action, revision, now, none, by_whom)
  )
  SELECT a.finding, e.entry, ARRAY[a.revision::text, coalesce(e.content, e.session_role, '-'), coalesce(a.now, '-')]
  FROM act AS a LEFT JOIN recorded AS e ON e.latest AND e.action = a.action AND e.subject = format('map revision %s', a.revision)
  WHERE format('%s map revision %s', a.action, a.revision) <> ALL (waiting) AND CASE
    WHEN e.entry IS NULL THEN a.now IS NOT NULL
    WHEN e.erased THEN a.action = 'map.approve' AND a.by_whom IS DISTINCT FROM e.session_role
    ELSE coalesce(a.now, a.none) IS DISTINCT FROM e.content END
  UNION ALL
  SELECT 'approved again', e.entry, ARRAY[substring(e.subject FROM '^map revision (.*)$'), e.earlier::text]
  FROM recorded AS e WHERE e.action = 'map.approve' AND e.earlier IS NOT NULL;

  RETURN QUERY
  SELECT 'head', NULL::bigint, ARRAY[coalesce(p.head, '-'), coalesce(p.latest, '-')]
  FROM (SELECT
    (SELECT format('%s, %s', h.revision, h.stamp) FROM opres.map_head AS h) AS head,
    (SELECT format('%s, %s', r.revision, r.stamp) FROM opres.map_revision AS r ORDER BY r.revision DESC LIMIT 1) AS latest) AS p
  WHERE p.head IS DISTINCT FROM p.latest;
END
$$;
COMMENT ON FUNCTION opres.map_trail_findings() IS 'internal: what verify_map_revisions says, before it is put into words';

CREATE FUNCTION opres.verify_map_revisions(lang text DEFAULT 'en') RETURNS TABLE (problem text, entry bigint, detail text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF lang IS NULL OR lang NOT IN ('en', 'ja') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('unknown language "%s"', lang),
      DETAIL = 'Expected en or ja.';
  END IF;
  RETURN QUERY
  SELECT t.problem, f.entry, format(t.detail, VARIADIC f.arguments)
  FROM opres.map_trail_findings() AS f
  JOIN opres.map_trail_texts() AS t ON t.finding = f.finding AND t.lang = verify_map_revisions.lang
  ORDER BY f.entry NULLS FIRST, t.problem COLLATE "C", f.arguments COLLATE "C";
END
$$;
COMMENT ON FUNCTION opres.verify_map_revisions(text) IS
  'Whether the map, its history, its revisions, labels and approvals still are what the audit trail says; no row = they are. The digest of every revision is computed again from the tables: takes as long as reading map and history. Needs SELECT on both and on the trail (access auditor). That the trail itself is intact is for verify_audit. problem: revision unrecorded (no entry), revision missing (an entry, but no revision), revision doubled (a second entry), revision changed (stamp, time, maker), rows changed (a table does not have the rows that the revision wrote, or changed and deleted, as they were), rows unrecorded (rows of a revision that never was), label changed, approval changed, head changed (the current revision is not the latest). What the asking transaction itself has done is left out: its entries are written when it commits. entry: the one compared with, null if there is none. detail: in English (en) or Japanese (ja).';
