-- The canonical form of JSON, over which playbooks are hashed and signed.

CREATE FUNCTION opres.canonical_json(document jsonb) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_canonical_json_text';
COMMENT ON FUNCTION opres.canonical_json(jsonb) IS
  'a value in the canonical form of RFC 8785 (JSON Canonicalization Scheme): members sorted, no blanks, numbers as ECMAScript writes them. Numbers are read as doubles, so 9007199254740993 becomes 9007199254740992. Errors: numeric_value_out_of_range for a number beyond the doubles.';
