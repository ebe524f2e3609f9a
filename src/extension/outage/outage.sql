-- Outages: a scenario played on the map. Every function reads only, under the snapshot of the calling query, and checks SELECT on
-- the map tables; the compiled map is kept per backend (map_cache.c). A run is bounded by opres.max_events and opres.max_memory.

CREATE FUNCTION opres.simulate(scenario text, horizon interval DEFAULT '30 days', revision bigint DEFAULT NULL)
RETURNS TABLE (operation text, tolerance opres.impact_tolerance, met boolean, breached_at interval,
  worst_level float8, time_below interval, recovered_at interval, data_loss interval, cause text[])
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME', 'opres_simulate';
COMMENT ON FUNCTION opres.simulate(text, interval, bigint) IS
'Plays a scenario on the map: a row per operation and tolerance. Times count from the start of the scenario; breached_at, recovered_at: null = never before the horizon; met is null for a cut-off tolerance of a scenario without start; worst_level in [0, 1]; time_below: total time below the level of the tolerance (100 % for forms without one); cause: the path of nodes from the operation to the shocked node that binds, or {oscillates}. A shock with a distribution and no duration takes its median. Errors: unknown scenario or revision, a map with an unusable requirement, too many events or too much memory.';

CREATE FUNCTION opres.simulate_levels(scenario text, horizon interval DEFAULT '30 days', revision bigint DEFAULT NULL)
RETURNS TABLE (node text, at interval, level float8)
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'opres_simulate_levels';
COMMENT ON FUNCTION opres.simulate_levels(text, interval, bigint) IS
'Plays a scenario on the map: a row per change of a node''s level (by more than 1e-9) before the horizon, by node and time; no row for a node that stays at 1.';

CREATE FUNCTION opres.simulate_shocks(
  shocks jsonb, horizon interval DEFAULT '30 days', start timestamptz DEFAULT NULL, revision bigint DEFAULT NULL)
RETURNS TABLE (operation text, tolerance opres.impact_tolerance, met boolean, breached_at interval,
  worst_level float8, time_below interval, recovered_at interval, data_loss interval, cause text[])
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME', 'opres_simulate_shocks';
COMMENT ON FUNCTION opres.simulate_shocks(jsonb, interval, timestamptz, bigint) IS
'What if: like opres.simulate, for an array of shocks in the form of the map document, e.g. [{"node": "fac.dc-east", "duration": "4h"}]. Nothing is saved.';

CREATE FUNCTION opres.simulate_shocks_levels(shocks jsonb, horizon interval DEFAULT '30 days', revision bigint DEFAULT NULL)
RETURNS TABLE (node text, at interval, level float8)
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'opres_simulate_shocks_levels';
COMMENT ON FUNCTION opres.simulate_shocks_levels(jsonb, interval, bigint) IS
'What if: like opres.simulate_levels, for an array of shocks in the form of the map document. Nothing is saved.';

CREATE FUNCTION opres.explain(scenario text, operation text, at interval, lang text DEFAULT 'en', revision bigint DEFAULT NULL)
RETURNS TABLE (depth int, node text, level float8, because text)
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 10 AS 'MODULE_PATHNAME', 'opres_explain';
COMMENT ON FUNCTION opres.explain(text, text, interval, text, bigint) IS
'Why an operation (or any node) has its level at a time after the start of the scenario: the chain of what binds, from the node (depth 0) to the shock; level: of the node at the moment that binds. lang: en or ja.';

CREATE FUNCTION opres.recovery_order(scenario text, horizon interval DEFAULT '30 days', revision bigint DEFAULT NULL)
RETURNS TABLE (node text, back_at interval, waits_for text[])
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME', 'opres_recovery_order';
COMMENT ON FUNCTION opres.recovery_order(text, interval, bigint) IS
'Every node that falls below 1 in a scenario, in the order in which they are back at 1 for good (back_at; null = not before the horizon, or oscillating; listed last). waits_for: direct suppliers in requirements that were not met, which were down themselves and came back no later.';

CREATE FUNCTION opres.restart_deadlocks(revision bigint DEFAULT NULL)
RETURNS TABLE (cycle text[])
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 10 AS 'MODULE_PATHNAME', 'opres_restart_deadlocks_sql';
COMMENT ON FUNCTION opres.restart_deadlocks(bigint) IS
'Where the map locks itself: nodes that need each other, fully and without buffer, so that once all are down none can come back. One representative cycle per group, each node needing the next and the last one the first.';
