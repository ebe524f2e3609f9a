-- Who may analyse the map: whoever may read all of it, at every call, also where the compiled map is at hand already.
BEGIN;
SELECT plan(49);
SET LOCAL opres.reason = 'a test';
SET LOCAL client_min_messages = warning;

CREATE ROLE opres_analyst;
CREATE ROLE opres_outsider;
CREATE ROLE opres_watched;
SELECT opres.grant_access('opres_analyst', 'reader');
SELECT opres.grant_access('opres_watched', 'reader');
GRANT USAGE ON SCHEMA public TO PUBLIC;

INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('sys', 'system');
INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');
INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'sys');
INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op', '100% within 2h');
INSERT INTO opres.scenario (code) VALUES ('s');
INSERT INTO opres.shock (scenario, code, node, duration) VALUES ('s', 'x', 'sys', '1h');

-- Every analysis, on the current revision
CREATE TEMP TABLE analysis (call text);
INSERT INTO analysis VALUES ($$opres.simulate('s')$$), ($$opres.simulate_levels('s')$$), ($$opres.simulate_shocks('[]')$$),
  ($$opres.simulate_shocks_levels('[]')$$), ($$opres.explain('s', 'op', '1h')$$), ($$opres.recovery_order('s')$$), ($$opres.restart_deadlocks()$$),
  ($$opres.depends_on('op')$$), ($$opres.dependents('sys')$$);
GRANT SELECT ON analysis TO PUBLIC;

-- The calls, as the role, that are not refused with 42501.
CREATE FUNCTION pg_temp.allowed(who name) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  a record;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', who);
  FOR a IN SELECT call FROM analysis ORDER BY call LOOP
    BEGIN
      EXECUTE 'SELECT count(*) FROM ' || a.call;
      RETURN NEXT a.call;
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
  END LOOP;
  RESET ROLE;
END
$$;

SELECT set_eq($$SELECT pg_temp.allowed('postgres')$$, 'SELECT call FROM analysis', 'a superuser may; the compiled map is kept now');
SELECT set_eq($$SELECT pg_temp.allowed('opres_analyst')$$, 'SELECT call FROM analysis', 'a reader may');
SELECT is_empty($$SELECT pg_temp.allowed('opres_outsider')$$, 'nobody else may');

-- One table less, one table at a time: nothing goes, though the map is kept
CREATE FUNCTION pg_temp.without(map_table text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('REVOKE SELECT ON opres.%I FROM opres_analyst', map_table);
  RETURN QUERY SELECT pg_temp.allowed('opres_analyst');
  EXECUTE format('GRANT SELECT ON opres.%I TO opres_analyst', map_table);
END
$$;
SELECT is_empty(format('SELECT pg_temp.without(%L)', t), format('nothing without SELECT on %s', t))
FROM unnest('{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock,map_head}'::text[]) AS t;
SELECT set_eq(format('SELECT pg_temp.without(%L)', t), 'SELECT call FROM analysis', format('the current revision needs no %s', t))
FROM unnest('{node_history,map_revision}'::text[]) AS t;
-- SELECT on columns is not SELECT on the table.
GRANT SELECT (code, kind, restart) ON opres.node TO opres_analyst;
SELECT is_empty($$SELECT pg_temp.without('node')$$, 'nor with the columns alone');
SELECT set_eq($$SELECT pg_temp.allowed('opres_analyst')$$, 'SELECT call FROM analysis', 'and with everything again all goes');

-- The error says which table, and how to mend it
REVOKE SELECT ON opres.tolerance FROM opres_watched;
SET ROLE opres_watched;
SELECT throws_ok($$SELECT * FROM opres.restart_deadlocks()$$, '42501', 'permission denied for table opres.tolerance', 'the error names the table');
RESET ROLE;
GRANT SELECT ON opres.tolerance TO opres_watched;

-- A past revision needs the histories and the list of revisions too. Made with its history by hand: a transaction makes one revision.
INSERT INTO opres.map_revision (revision, stamp, made_at, made_by, made_in)
  SELECT revision + 1, gen_random_uuid(), now(), session_user, pg_current_xact_id() FROM opres.map_head;
UPDATE opres.map_head SET revision = revision + 1, stamp = gen_random_uuid();
SELECT revision - 1 AS past FROM opres.map_head \gset
DELETE FROM analysis;
INSERT INTO analysis VALUES (format('opres.simulate(''s'', revision => %s)', :past)), (format('opres.simulate_levels(''s'', revision => %s)', :past)),
  (format('opres.simulate_shocks(''[]'', revision => %s)', :past)), (format('opres.simulate_shocks_levels(''[]'', revision => %s)', :past)),
  (format('opres.explain(''s'', ''op'', ''1h'', revision => %s)', :past)), (format('opres.recovery_order(''s'', revision => %s)', :past)),
  (format('opres.restart_deadlocks(%s)', :past)), (format('opres.depends_on(''op'', %s)', :past)), (format('opres.dependents(''sys'', %s)', :past));
SELECT set_eq($$SELECT pg_temp.allowed('postgres')$$, 'SELECT call FROM analysis', 'past revision: a superuser may');
SELECT set_eq($$SELECT pg_temp.allowed('opres_analyst')$$, 'SELECT call FROM analysis', 'past revision: a reader may');
SELECT is_empty(format('SELECT pg_temp.without(%L)', t), format('past revision: nothing without SELECT on %s', t))
FROM unnest('{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock}'::text[]) AS base,
  LATERAL unnest(ARRAY[base, base || '_history']) AS t;
SELECT is_empty(format('SELECT pg_temp.without(%L)', t), format('past revision: nothing without SELECT on %s', t))
FROM unnest('{map_head,map_revision}'::text[]) AS t;
DELETE FROM analysis;
INSERT INTO analysis VALUES ($$opres.simulate('s')$$), ($$opres.simulate_levels('s')$$), ($$opres.depends_on('op')$$);

-- EXECUTE alone, without the tables, is nothing
GRANT USAGE ON SCHEMA opres TO opres_outsider;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA opres TO opres_outsider;
SELECT is_empty($$SELECT pg_temp.allowed('opres_outsider')$$, 'the right to call is not the right to read');

-- A wrapper that runs as its owner hands out what it returns and nothing more
CREATE FUNCTION public.outage_of_the_day() RETURNS TABLE (operation text, met boolean) LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$SELECT operation, met FROM opres.simulate('s')$$;
SET ROLE opres_outsider;
SELECT results_eq('SELECT * FROM public.outage_of_the_day()', $$VALUES ('op', true)$$, 'a SECURITY DEFINER wrapper works for everybody');
SELECT throws_ok($$SELECT * FROM opres.simulate('s')$$, '42501', NULL, 'and leaves the door shut behind it');
RESET ROLE;
-- The other way round: a wrapper owned by an outsider gains nothing from who calls it.
ALTER FUNCTION public.outage_of_the_day() OWNER TO opres_outsider;
SELECT throws_ok('SELECT * FROM public.outage_of_the_day()', '42501', NULL, 'a wrapper of somebody without rights has none');

-- Membership counts
GRANT opres_analyst TO opres_outsider;
SELECT set_eq($$SELECT pg_temp.allowed('opres_outsider')$$, 'SELECT call FROM analysis', 'by membership in a role that may');
REVOKE opres_analyst FROM opres_outsider;
SELECT is_empty($$SELECT pg_temp.allowed('opres_outsider')$$, 'and not any more');

-- Row-level security would hide part of the map: refused, unless the role is above it
ALTER TABLE opres.node ENABLE ROW LEVEL SECURITY;
SELECT is_empty($$SELECT pg_temp.allowed('opres_analyst')$$, 'row-level security: refused, kept map or not');
CREATE POLICY everything ON opres.node FOR SELECT USING (true);
SELECT is_empty($$SELECT pg_temp.allowed('opres_analyst')$$, 'also where the policy hides nothing: who would know');
SET ROLE opres_analyst;
SELECT throws_ok($$SELECT * FROM opres.simulate('s')$$, '42501', 'row-level security is enabled on table opres.node', 'the error says why');
SET LOCAL row_security = off;
SELECT throws_ok($$SELECT * FROM opres.simulate('s')$$, '42501', NULL, 'row_security = off does not help');
RESET row_security;
RESET ROLE;
SELECT set_eq($$SELECT pg_temp.allowed('postgres')$$, 'SELECT call FROM analysis', 'a superuser is above it');
ALTER ROLE opres_analyst BYPASSRLS;
SELECT set_eq($$SELECT pg_temp.allowed('opres_analyst')$$, 'SELECT call FROM analysis', 'and who may bypass it');
ALTER ROLE opres_analyst NOBYPASSRLS;
ALTER TABLE opres.node DISABLE ROW LEVEL SECURITY;
ALTER TABLE opres.shock ENABLE ROW LEVEL SECURITY;
SELECT is_empty($$SELECT pg_temp.allowed('opres_analyst')$$, 'on any table of the map');
ALTER TABLE opres.shock DISABLE ROW LEVEL SECURITY;
SELECT set_eq($$SELECT pg_temp.allowed('opres_analyst')$$, 'SELECT call FROM analysis', 'without it all goes again');

-- Nothing of the caller's search path is believed
CREATE FUNCTION public.fake_median(opres.duration_distribution) RETURNS interval LANGUAGE sql AS 'SELECT interval ''99h''';
ALTER FUNCTION public.fake_median(opres.duration_distribution) RENAME TO median;
CREATE TABLE public.shock (scenario text, code text, node text, onset interval, level float8, duration interval, data_loss interval, since_revision bigint);
INSERT INTO public.shock VALUES ('s', 'evil', 'op', '0', 0, '99h', NULL, 0);
CREATE FUNCTION public.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.never);
GRANT SELECT ON public.shock TO PUBLIC;
SET LOCAL search_path = public, pg_catalog;
SELECT recovered_at AS faked FROM opres.simulate('s') \gset
SET LOCAL search_path = public, opres;
DROP OPERATOR public.= (text, text);
SELECT is(:'faked'::interval, '1h', 'a search path full of fakes changes nothing');
SELECT * FROM finish();
ROLLBACK;
