-- The map as a drawing.

CREATE FUNCTION opres.map_dot(
  operation text DEFAULT NULL, view text DEFAULT 'detail', scenario text DEFAULT NULL, lang text DEFAULT 'en',
  revision bigint DEFAULT NULL, around text DEFAULT NULL, radius int DEFAULT NULL, max_nodes int DEFAULT NULL)
RETURNS text LANGUAGE c STABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'opres_map_dot';
COMMENT ON FUNCTION opres.map_dot(text, text, text, text, bigint, text, int, int) IS
'The map as a drawing in the DOT language, to be rendered by dot outside the server: SELECT opres.map_dot() \g (tuples_only=on format=unaligned) | dot -Tsvg -o map.svg. operation: what that operation needs (NULL = all). view: detail (what depends on what) or summary (a card per operation, worst first). scenario: the worst state of every node over 30 days from its start, and the paths that decide. lang: en or ja; the other language stands beside it in grey. around: what uses this node and what it needs itself. radius: how many steps of needs to follow. max_nodes: how many nodes the detail view shows, the most far-reaching first (default 60, and no more than about 150 edges); what was left out is said. Errors: unknown operation, node, scenario, revision, view or language; more nodes or edges than opres.max_drawn_nodes or opres.max_drawn_edges.';
