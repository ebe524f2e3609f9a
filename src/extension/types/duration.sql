-- Durations as text.

CREATE FUNCTION opres.duration(value text) RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration';
COMMENT ON FUNCTION opres.duration(text) IS
  'A duration as people write it: ''1w 2d 3h 4min 5s 6ms 7us'', ''20 min'', ''1.5h'', ''02:30:00'', ISO 8601 ''P1DT2H'', ''0''. A day is 24 hours. Months, years, signs, fractions finer than a microsecond and more than 36500 days are refused.';

CREATE FUNCTION opres.duration_text(value interval) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_text';
COMMENT ON FUNCTION opres.duration_text(interval) IS
  'The canonical text of a duration, whatever IntervalStyle says: ''1d 2h 30min'', ''0''. duration() reads it back. Months and negative values are refused.';
