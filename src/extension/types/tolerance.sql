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

-- What a tolerance says, field by field; NULL where its form has no such field.

CREATE FUNCTION opres.tolerance_form(tolerance opres.impact_tolerance) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_form';
COMMENT ON FUNCTION opres.tolerance_form(opres.impact_tolerance) IS
  'The form: within, by, data loss or total.';

CREATE FUNCTION opres.tolerance_level(tolerance opres.impact_tolerance) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_level';
COMMENT ON FUNCTION opres.tolerance_level(opres.impact_tolerance) IS
  'The level to be kept, as a share: 1 for 100%. NULL for a data loss.';

CREATE FUNCTION opres.tolerance_limit(tolerance opres.impact_tolerance) RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_limit';
COMMENT ON FUNCTION opres.tolerance_limit(opres.impact_tolerance) IS
  'The longest disruption, data loss or total. NULL for a cut-off.';

CREATE FUNCTION opres.tolerance_window(tolerance opres.impact_tolerance) RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_window';
COMMENT ON FUNCTION opres.tolerance_window(opres.impact_tolerance) IS
  'Of a total: the window of time it is counted in.';

CREATE FUNCTION opres.tolerance_cut_off(tolerance opres.impact_tolerance) RETURNS time
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_cut_off';
COMMENT ON FUNCTION opres.tolerance_cut_off(opres.impact_tolerance) IS
  'Of a cut-off: the local time of day; 24:00 is the end of the day.';

CREATE FUNCTION opres.tolerance_zone(tolerance opres.impact_tolerance) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_zone';
COMMENT ON FUNCTION opres.tolerance_zone(opres.impact_tolerance) IS
  'Of a cut-off: the time zone, an IANA name.';

CREATE FUNCTION opres.tolerance_weekdays(tolerance opres.impact_tolerance) RETURNS integer[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_weekdays';
COMMENT ON FUNCTION opres.tolerance_weekdays(opres.impact_tolerance) IS
  'Of a cut-off without a calendar: its days of the week, 1 = Monday to 7 = Sunday, as extract(isodow ...) counts them.';

CREATE FUNCTION opres.tolerance_calendar(tolerance opres.impact_tolerance) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_calendar';
COMMENT ON FUNCTION opres.tolerance_calendar(opres.impact_tolerance) IS
  'Of a cut-off: the calendar whose dates it is on.';

CREATE FUNCTION opres.tolerance_except_calendar(tolerance opres.impact_tolerance) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_except_calendar';
COMMENT ON FUNCTION opres.tolerance_except_calendar(opres.impact_tolerance) IS
  'Of a cut-off: the calendar whose dates it is not on.';

