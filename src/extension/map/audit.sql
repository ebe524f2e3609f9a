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
-- statistics say, and has no use for history rows the revision wrote: it has not ended any of its own.
DO $do$
DECLARE
  settings CONSTANT text := $$SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
    SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET work_mem = '64MB' SET jit = off$$;
  map_table name;
  columns text;
  written text[] := '{}';
  ended text[] := '{}';
  every text[] := '{}';
BEGIN
  FOREACH map_table IN ARRAY '{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock}'::name[] LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_catalog.pg_attribute
    WHERE attrelid = format('opres.%I', map_table)::regclass AND attnum > 0 AND NOT attisdropped;

    written := written || format($f$
        SELECT %1$s AS place, opres.rows_text(%2$L, count(*), opres.sha256_of(hash)) AS content
        FROM (SELECT opres.row_sha256(ROW(%3$s)::text) AS hash FROM opres.%2$I WHERE since_revision = made ORDER BY 1) AS r
        HAVING count(*) > 0$f$, cardinality(written), map_table, columns);
    ended := ended || format($f$
        SELECT %1$s AS place, opres.rows_text(%2$L, count(*), opres.sha256_of(hash)) AS content
        FROM (SELECT opres.row_sha256(ROW(%3$s)::text) AS hash FROM opres.%4$I WHERE until_revision = made ORDER BY 1) AS r
        HAVING count(*) > 0$f$, cardinality(ended), map_table, columns, map_table || '_history');
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
    BEGIN
      RETURN opres.revision_text(made, r.stamp, r.made_at,
        (SELECT string_agg(content, ', ' ORDER BY place) FROM (%s) AS t),
        (SELECT string_agg(content, ', ' ORDER BY place) FROM (%s) AS t))
      FROM opres.map_revision AS r WHERE r.revision = made;
    END
    $body$$f$, settings, array_to_string(written, ' UNION ALL'), array_to_string(ended, ' UNION ALL'));
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
