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
