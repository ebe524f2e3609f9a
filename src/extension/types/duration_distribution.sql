-- Distributions of durations.

CREATE TYPE opres.duration_distribution;

CREATE FUNCTION opres.duration_distribution_in(cstring) RETURNS opres.duration_distribution
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_in';
CREATE FUNCTION opres.duration_distribution_out(opres.duration_distribution) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_out';
CREATE FUNCTION opres.duration_distribution_recv(internal) RETURNS opres.duration_distribution
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_recv';
CREATE FUNCTION opres.duration_distribution_send(opres.duration_distribution) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_send';

CREATE TYPE opres.duration_distribution (
  INPUT = opres.duration_distribution_in, OUTPUT = opres.duration_distribution_out, RECEIVE = opres.duration_distribution_recv, SEND = opres.duration_distribution_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE opres.duration_distribution IS
  'How long something may take: fixed(4h), uniform(1h,8h), triangular(1h,4h,24h) and pert(1h,4h,24h) with the shortest, the most likely and the longest duration, exponential(mean 6h), lognormal(median 4h, p95 24h). Ordered by kind, then by the durations.';

CREATE FUNCTION opres.duration_distribution_eq(opres.duration_distribution, opres.duration_distribution) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_eq';
CREATE FUNCTION opres.duration_distribution_ne(opres.duration_distribution, opres.duration_distribution) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_ne';
CREATE FUNCTION opres.duration_distribution_lt(opres.duration_distribution, opres.duration_distribution) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_lt';
CREATE FUNCTION opres.duration_distribution_le(opres.duration_distribution, opres.duration_distribution) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_le';
CREATE FUNCTION opres.duration_distribution_ge(opres.duration_distribution, opres.duration_distribution) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_ge';
CREATE FUNCTION opres.duration_distribution_gt(opres.duration_distribution, opres.duration_distribution) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_gt';
CREATE FUNCTION opres.duration_distribution_cmp(opres.duration_distribution, opres.duration_distribution) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_cmp';
CREATE FUNCTION opres.duration_distribution_hash(opres.duration_distribution) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_hash';
CREATE FUNCTION opres.duration_distribution_hash_extended(opres.duration_distribution, bigint) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution_hash_extended';

CREATE OPERATOR opres.= (LEFTARG = opres.duration_distribution, RIGHTARG = opres.duration_distribution, FUNCTION = opres.duration_distribution_eq,
  COMMUTATOR = OPERATOR(opres.=), NEGATOR = OPERATOR(opres.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR opres.<> (LEFTARG = opres.duration_distribution, RIGHTARG = opres.duration_distribution, FUNCTION = opres.duration_distribution_ne,
  COMMUTATOR = OPERATOR(opres.<>), NEGATOR = OPERATOR(opres.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR opres.< (LEFTARG = opres.duration_distribution, RIGHTARG = opres.duration_distribution, FUNCTION = opres.duration_distribution_lt,
  COMMUTATOR = OPERATOR(opres.>), NEGATOR = OPERATOR(opres.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR opres.<= (LEFTARG = opres.duration_distribution, RIGHTARG = opres.duration_distribution, FUNCTION = opres.duration_distribution_le,
  COMMUTATOR = OPERATOR(opres.>=), NEGATOR = OPERATOR(opres.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR opres.>= (LEFTARG = opres.duration_distribution, RIGHTARG = opres.duration_distribution, FUNCTION = opres.duration_distribution_ge,
  COMMUTATOR = OPERATOR(opres.<=), NEGATOR = OPERATOR(opres.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR opres.> (LEFTARG = opres.duration_distribution, RIGHTARG = opres.duration_distribution, FUNCTION = opres.duration_distribution_gt,
  COMMUTATOR = OPERATOR(opres.<), NEGATOR = OPERATOR(opres.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);

CREATE OPERATOR CLASS opres.duration_distribution_ops DEFAULT FOR TYPE opres.duration_distribution USING btree AS
  OPERATOR 1 opres.<, OPERATOR 2 opres.<=, OPERATOR 3 opres.=, OPERATOR 4 opres.>=, OPERATOR 5 opres.>,
  FUNCTION 1 opres.duration_distribution_cmp(opres.duration_distribution, opres.duration_distribution);
CREATE OPERATOR CLASS opres.duration_distribution_hash_ops DEFAULT FOR TYPE opres.duration_distribution USING hash AS
  OPERATOR 1 opres.=,
  FUNCTION 1 opres.duration_distribution_hash(opres.duration_distribution), FUNCTION 2 opres.duration_distribution_hash_extended(opres.duration_distribution, bigint);

CREATE FUNCTION opres.duration_distribution(value interval) RETURNS opres.duration_distribution
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_distribution';
COMMENT ON FUNCTION opres.duration_distribution(interval) IS
  'The distribution of a duration that is certain: fixed(value). Months, negative values and 0 are refused.';
CREATE CAST (interval AS opres.duration_distribution) WITH FUNCTION opres.duration_distribution(interval) AS ASSIGNMENT;

CREATE FUNCTION opres.mean(distribution opres.duration_distribution) RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_mean';
COMMENT ON FUNCTION opres.mean(opres.duration_distribution) IS
  'The mean duration, to the microsecond; an error if it is longer than 36500 days (a lognormal with a long tail).';

CREATE FUNCTION opres.median(distribution opres.duration_distribution) RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_median';
COMMENT ON FUNCTION opres.median(opres.duration_distribution) IS
  'quantile(distribution, 0.5): what the deterministic functions take for a shock that has a distribution and no duration.';

CREATE FUNCTION opres.quantile(distribution opres.duration_distribution, p double precision) RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_quantile';
COMMENT ON FUNCTION opres.quantile(opres.duration_distribution, double precision) IS
  'The duration not exceeded with probability p (0 to 1), to the microsecond, and at most 36500 days: quantile(d, 0.95). With uniform random p it draws from the distribution.';
