-- Impact tolerances. Input is STABLE only: which time zones there are, the server's database says.

CREATE TYPE opres.impact_tolerance;

CREATE FUNCTION opres.impact_tolerance_in(cstring) RETURNS opres.impact_tolerance
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_in';
CREATE FUNCTION opres.impact_tolerance_out(opres.impact_tolerance) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_out';
CREATE FUNCTION opres.impact_tolerance_recv(internal) RETURNS opres.impact_tolerance
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_recv';
CREATE FUNCTION opres.impact_tolerance_send(opres.impact_tolerance) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_send';

CREATE TYPE opres.impact_tolerance (
  INPUT = opres.impact_tolerance_in, OUTPUT = opres.impact_tolerance_out, RECEIVE = opres.impact_tolerance_recv, SEND = opres.impact_tolerance_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE opres.impact_tolerance IS
  'What a critical operation must keep to in a disruption. Four forms: ''100% within 2h'' (no longer than that below the level at a stretch), ''100% by 15:30 Asia/Tokyo on Mon-Fri'' (at the level at every such moment; days: none given = daily, on Mon,Wed-Fri, on calendar NAME, and except calendar NAME; 24:00 is the end of the day), ''data loss 15min'', ''4h in total per 365d below 100%''. Levels are above 0 and at most 100%. Time zones are IANA names or UTC. Ordered by form, level, durations, time of day, zone, days.';

CREATE FUNCTION opres.impact_tolerance_eq(opres.impact_tolerance, opres.impact_tolerance) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_eq';
CREATE FUNCTION opres.impact_tolerance_ne(opres.impact_tolerance, opres.impact_tolerance) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_ne';
CREATE FUNCTION opres.impact_tolerance_lt(opres.impact_tolerance, opres.impact_tolerance) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_lt';
CREATE FUNCTION opres.impact_tolerance_le(opres.impact_tolerance, opres.impact_tolerance) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_le';
CREATE FUNCTION opres.impact_tolerance_ge(opres.impact_tolerance, opres.impact_tolerance) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_ge';
CREATE FUNCTION opres.impact_tolerance_gt(opres.impact_tolerance, opres.impact_tolerance) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_gt';
CREATE FUNCTION opres.impact_tolerance_cmp(opres.impact_tolerance, opres.impact_tolerance) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_cmp';
CREATE FUNCTION opres.impact_tolerance_hash(opres.impact_tolerance) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_hash';
CREATE FUNCTION opres.impact_tolerance_hash_extended(opres.impact_tolerance, bigint) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_impact_tolerance_hash_extended';

CREATE OPERATOR opres.= (LEFTARG = opres.impact_tolerance, RIGHTARG = opres.impact_tolerance, FUNCTION = opres.impact_tolerance_eq,
  COMMUTATOR = OPERATOR(opres.=), NEGATOR = OPERATOR(opres.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR opres.<> (LEFTARG = opres.impact_tolerance, RIGHTARG = opres.impact_tolerance, FUNCTION = opres.impact_tolerance_ne,
  COMMUTATOR = OPERATOR(opres.<>), NEGATOR = OPERATOR(opres.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR opres.< (LEFTARG = opres.impact_tolerance, RIGHTARG = opres.impact_tolerance, FUNCTION = opres.impact_tolerance_lt,
  COMMUTATOR = OPERATOR(opres.>), NEGATOR = OPERATOR(opres.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR opres.<= (LEFTARG = opres.impact_tolerance, RIGHTARG = opres.impact_tolerance, FUNCTION = opres.impact_tolerance_le,
  COMMUTATOR = OPERATOR(opres.>=), NEGATOR = OPERATOR(opres.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR opres.>= (LEFTARG = opres.impact_tolerance, RIGHTARG = opres.impact_tolerance, FUNCTION = opres.impact_tolerance_ge,
  COMMUTATOR = OPERATOR(opres.<=), NEGATOR = OPERATOR(opres.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR opres.> (LEFTARG = opres.impact_tolerance, RIGHTARG = opres.impact_tolerance, FUNCTION = opres.impact_tolerance_gt,
  COMMUTATOR = OPERATOR(opres.<), NEGATOR = OPERATOR(opres.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);

CREATE OPERATOR CLASS opres.impact_tolerance_ops DEFAULT FOR TYPE opres.impact_tolerance USING btree AS
  OPERATOR 1 opres.<, OPERATOR 2 opres.<=, OPERATOR 3 opres.=, OPERATOR 4 opres.>=, OPERATOR 5 opres.>,
  FUNCTION 1 opres.impact_tolerance_cmp(opres.impact_tolerance, opres.impact_tolerance);
CREATE OPERATOR CLASS opres.impact_tolerance_hash_ops DEFAULT FOR TYPE opres.impact_tolerance USING hash AS
  OPERATOR 1 opres.=,
  FUNCTION 1 opres.impact_tolerance_hash(opres.impact_tolerance), FUNCTION 2 opres.impact_tolerance_hash_extended(opres.impact_tolerance, bigint);

CREATE FUNCTION opres.calendars(tolerance opres.impact_tolerance) RETURNS text[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_calendars';
COMMENT ON FUNCTION opres.calendars(opres.impact_tolerance) IS
  'the calendars a tolerance names, in the order of its text: none, one or two';
