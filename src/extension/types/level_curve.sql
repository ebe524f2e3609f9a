-- Levels over time.

CREATE TYPE opres.level_curve;

CREATE FUNCTION opres.level_curve_in(cstring) RETURNS opres.level_curve
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_in';
CREATE FUNCTION opres.level_curve_out(opres.level_curve) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_out';
CREATE FUNCTION opres.level_curve_recv(internal) RETURNS opres.level_curve
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_recv';
CREATE FUNCTION opres.level_curve_send(opres.level_curve) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_send';

CREATE TYPE opres.level_curve (
  INPUT = opres.level_curve_in, OUTPUT = opres.level_curve_out, RECEIVE = opres.level_curve_recv, SEND = opres.level_curve_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE opres.level_curve IS
  'A level over time: a step function with values from 0 to 1, as ''{0: 0.5, 2h: 0, 4h 30min: 1}'' = half from the start, nothing from 2 hours on, all again from 4.5 hours on. Before the first step the level is 1; ''{}'' is 1 throughout. Times are durations after the start and go up; steps that change nothing are dropped. Levels are printed in as many digits as it takes to read them back exactly. Ordered by the first step that differs.';

CREATE FUNCTION opres.level_curve_eq(opres.level_curve, opres.level_curve) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_eq';
CREATE FUNCTION opres.level_curve_ne(opres.level_curve, opres.level_curve) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_ne';
CREATE FUNCTION opres.level_curve_lt(opres.level_curve, opres.level_curve) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_lt';
CREATE FUNCTION opres.level_curve_le(opres.level_curve, opres.level_curve) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_le';
CREATE FUNCTION opres.level_curve_ge(opres.level_curve, opres.level_curve) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_ge';
CREATE FUNCTION opres.level_curve_gt(opres.level_curve, opres.level_curve) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_gt';
CREATE FUNCTION opres.level_curve_cmp(opres.level_curve, opres.level_curve) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_cmp';
CREATE FUNCTION opres.level_curve_hash(opres.level_curve) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_hash';
CREATE FUNCTION opres.level_curve_hash_extended(opres.level_curve, bigint) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_hash_extended';

CREATE OPERATOR opres.= (LEFTARG = opres.level_curve, RIGHTARG = opres.level_curve, FUNCTION = opres.level_curve_eq,
  COMMUTATOR = OPERATOR(opres.=), NEGATOR = OPERATOR(opres.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR opres.<> (LEFTARG = opres.level_curve, RIGHTARG = opres.level_curve, FUNCTION = opres.level_curve_ne,
  COMMUTATOR = OPERATOR(opres.<>), NEGATOR = OPERATOR(opres.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR opres.< (LEFTARG = opres.level_curve, RIGHTARG = opres.level_curve, FUNCTION = opres.level_curve_lt,
  COMMUTATOR = OPERATOR(opres.>), NEGATOR = OPERATOR(opres.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR opres.<= (LEFTARG = opres.level_curve, RIGHTARG = opres.level_curve, FUNCTION = opres.level_curve_le,
  COMMUTATOR = OPERATOR(opres.>=), NEGATOR = OPERATOR(opres.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR opres.>= (LEFTARG = opres.level_curve, RIGHTARG = opres.level_curve, FUNCTION = opres.level_curve_ge,
  COMMUTATOR = OPERATOR(opres.<=), NEGATOR = OPERATOR(opres.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR opres.> (LEFTARG = opres.level_curve, RIGHTARG = opres.level_curve, FUNCTION = opres.level_curve_gt,
  COMMUTATOR = OPERATOR(opres.<), NEGATOR = OPERATOR(opres.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);

CREATE OPERATOR CLASS opres.level_curve_ops DEFAULT FOR TYPE opres.level_curve USING btree AS
  OPERATOR 1 opres.<, OPERATOR 2 opres.<=, OPERATOR 3 opres.=, OPERATOR 4 opres.>=, OPERATOR 5 opres.>,
  FUNCTION 1 opres.level_curve_cmp(opres.level_curve, opres.level_curve);
CREATE OPERATOR CLASS opres.level_curve_hash_ops DEFAULT FOR TYPE opres.level_curve USING hash AS
  OPERATOR 1 opres.=,
  FUNCTION 1 opres.level_curve_hash(opres.level_curve), FUNCTION 2 opres.level_curve_hash_extended(opres.level_curve, bigint);

-- Questions. All of them are about [0, horizon); "below a level" means by more than 1e-9.

CREATE FUNCTION opres.level_at(curve opres.level_curve, at interval) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_at';
COMMENT ON FUNCTION opres.level_at(opres.level_curve, interval) IS
  'The level at that time after the start (at a step: the level from then on).';

CREATE FUNCTION opres.time_below(curve opres.level_curve, level double precision DEFAULT 1, horizon interval DEFAULT '30 days')
RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_time_below';
COMMENT ON FUNCTION opres.time_below(opres.level_curve, double precision, interval) IS
  'The total time below the level (above 0, at most 1) before the horizon.';

CREATE FUNCTION opres.worst_level(curve opres.level_curve, horizon interval DEFAULT '30 days') RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_worst_level';
COMMENT ON FUNCTION opres.worst_level(opres.level_curve, interval) IS 'The lowest level before the horizon.';

CREATE FUNCTION opres.recovered_at(curve opres.level_curve, level double precision DEFAULT 1, horizon interval DEFAULT '30 days')
RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_recovered_at';
COMMENT ON FUNCTION opres.recovered_at(opres.level_curve, double precision, interval) IS
  'The moment from which the level stays at or above the given one until the horizon; NULL if it never fell or never came back.';

CREATE FUNCTION opres.breached_at(curve opres.level_curve, tolerance opres.impact_tolerance, horizon interval DEFAULT '30 days',
                                  start timestamptz DEFAULT NULL)
RETURNS interval
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_breached_at';
COMMENT ON FUNCTION opres.breached_at(opres.level_curve, opres.impact_tolerance, interval, timestamptz) IS
  'When an operation with these levels breaches the tolerance before the horizon; NULL if it does not. "within": start plus limit of the first stretch below the level that lasts longer than the limit. "by": the first cut-off moment below the level; NULL without a start, the timestamp of moment 0; calendars are read from opres.calendar_day, an unknown one is an error. "total": the moment the time below the level inside some window exceeds the limit. Always NULL for a data loss, which no curve shows.';

-- The minimum of curves, moment by moment: the level of what needs all of them.

CREATE FUNCTION opres.minimum(a opres.level_curve, b opres.level_curve) RETURNS opres.level_curve
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_minimum';
COMMENT ON FUNCTION opres.minimum(opres.level_curve, opres.level_curve) IS
  'The lower of two levels at every moment; also as operator: a & b, and as aggregate: minimum(curve).';

CREATE OPERATOR opres.& (LEFTARG = opres.level_curve, RIGHTARG = opres.level_curve, FUNCTION = opres.minimum,
  COMMUTATOR = OPERATOR(opres.&));
COMMENT ON OPERATOR opres.& (opres.level_curve, opres.level_curve) IS 'the lower of two levels at every moment';

CREATE FUNCTION opres.minimum_step(internal, opres.level_curve) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_minimum_step';
CREATE FUNCTION opres.minimum_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_minimum_combine';
CREATE FUNCTION opres.minimum_serial(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_minimum_serial';
CREATE FUNCTION opres.minimum_deserial(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_minimum_deserial';
CREATE FUNCTION opres.minimum_final(internal) RETURNS opres.level_curve
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_minimum_final';

CREATE AGGREGATE opres.minimum(curve opres.level_curve) (
  SFUNC = opres.minimum_step, STYPE = internal, COMBINEFUNC = opres.minimum_combine, SERIALFUNC = opres.minimum_serial,
  DESERIALFUNC = opres.minimum_deserial, FINALFUNC = opres.minimum_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE opres.minimum(opres.level_curve) IS
  'The lowest of all levels at every moment; NULL of no curves. NULLs are passed over.';

-- From rows and to rows.

CREATE FUNCTION opres.level_curve_agg_step(internal, interval, double precision) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_agg_step';
CREATE FUNCTION opres.level_curve_agg_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_agg_combine';
CREATE FUNCTION opres.level_curve_agg_serial(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_agg_serial';
CREATE FUNCTION opres.level_curve_agg_deserial(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_agg_deserial';
CREATE FUNCTION opres.level_curve_agg_final(internal) RETURNS opres.level_curve
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_level_curve_agg_final';

CREATE AGGREGATE opres.level_curve_agg(at interval, level double precision) (
  SFUNC = opres.level_curve_agg_step, STYPE = internal, COMBINEFUNC = opres.level_curve_agg_combine,
  SERIALFUNC = opres.level_curve_agg_serial, DESERIALFUNC = opres.level_curve_agg_deserial,
  FINALFUNC = opres.level_curve_agg_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE opres.level_curve_agg(interval, double precision) IS
  'A curve of rows, in any order: from each time on, that level. As simulate_levels gives them: SELECT node, level_curve_agg(at, level) ... GROUP BY node. Two different levels at one time are an error; rows with a NULL are passed over; NULL of no rows.';

CREATE FUNCTION opres.steps(curve opres.level_curve, OUT at interval, OUT level double precision) RETURNS SETOF record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'opres_steps';
COMMENT ON FUNCTION opres.steps(opres.level_curve) IS
  'A row per step, in time order: when, and the level from then on. Before the first step the level is 1.';
