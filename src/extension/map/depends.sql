-- What a node needs and who uses it (depends.c).

CREATE FUNCTION opres.depends_on(node text, revision bigint DEFAULT NULL)
RETURNS TABLE (node text, kind opres.node_kind, distance int, redundant boolean)
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME', 'opres_depends_on';
COMMENT ON FUNCTION opres.depends_on(text, bigint) IS
'Everything a node needs, directly or not, to run or to start: distance in requirements; redundant = losing that one alone leaves all the node needs in place (redundancy, and what falls together, taken into account).';

CREATE FUNCTION opres.dependents(node text, revision bigint DEFAULT NULL)
RETURNS TABLE (node text, kind opres.node_kind, distance int, redundant boolean)
LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME', 'opres_dependents';
COMMENT ON FUNCTION opres.dependents(text, bigint) IS
'Everything that uses a node, directly or not: distance in requirements; redundant = the user loses nothing if the asked node alone is lost.';
