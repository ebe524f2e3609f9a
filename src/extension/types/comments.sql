-- The operators, and what stands behind types, operators and aggregates, are described too.

DO $$
DECLARE
  type_name text;
  support record;
BEGIN
  FOREACH type_name IN ARRAY '{impact_tolerance,level_curve,duration_distribution}'::text[] LOOP
    FOR support IN
      SELECT * FROM (VALUES
        ('_in(cstring)', 'text input'), ('_out(opres.%1$I)', 'text output'),
        ('_recv(internal)', 'binary input'), ('_send(opres.%1$I)', 'binary output: a version byte, then the value'),
        ('_eq(opres.%1$I, opres.%1$I)', 'operator ='), ('_ne(opres.%1$I, opres.%1$I)', 'operator <>'),
        ('_lt(opres.%1$I, opres.%1$I)', 'operator <'), ('_le(opres.%1$I, opres.%1$I)', 'operator <='),
        ('_ge(opres.%1$I, opres.%1$I)', 'operator >='), ('_gt(opres.%1$I, opres.%1$I)', 'operator >'),
        ('_cmp(opres.%1$I, opres.%1$I)', 'order: below, at or above 0'),
        ('_hash(opres.%1$I)', 'hash'), ('_hash_extended(opres.%1$I, bigint)', 'hash with a seed')) AS s (signature, what)
    LOOP
      EXECUTE format('COMMENT ON FUNCTION opres.%1$s%2$s IS %3$L', type_name, format(support.signature, type_name),
                     format('internal: %s of %s', support.what, type_name));
    END LOOP;
    FOR support IN
      SELECT * FROM (VALUES
        ('=', 'equal'), ('<>', 'not equal'), ('<', 'less than'), ('<=', 'less than or equal'), ('>=', 'greater than or equal'),
        ('>', 'greater than')) AS s (operator, what)
    LOOP
      EXECUTE format('COMMENT ON OPERATOR opres.%1$s (opres.%2$I, opres.%2$I) IS %3$L', support.operator, type_name, support.what);
    END LOOP;
  END LOOP;
  FOR support IN
    SELECT s.oid::regprocedure AS function, format('internal: of the aggregate %s', a.aggfnoid::regprocedure) AS what
    FROM pg_catalog.pg_aggregate AS a JOIN pg_catalog.pg_proc AS p ON p.oid = a.aggfnoid
      JOIN pg_catalog.pg_proc AS s ON s.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn)
    WHERE p.pronamespace = 'opres'::regnamespace AND p.proname IN ('minimum', 'level_curve_agg')
  LOOP
    EXECUTE format('COMMENT ON FUNCTION %s IS %L', support.function, support.what);
  END LOOP;
END
$$;
