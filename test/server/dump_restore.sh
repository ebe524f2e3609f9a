#!/bin/bash
# Dumps a database with a map of many revisions and restores it in every way pg_dump offers: the restored map, its history, its
# revisions, what every revision's outages do and who may do what must be the same; nothing counts as an edit; editing goes on with
# the next revision. Run in a cluster of its own (test/with-cluster).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PGOPTIONS='-c client_min_messages=warning' PSQLRC=/dev/null

ok() { # ok STATUS DESCRIPTION
  if [[ $1 == 0 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $2"; fi
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# Everything a user could tell two databases apart by.
fingerprint() {
  sql -d "$1" <<'SQL'
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C")) FROM opres.%I AS t %s', relname, relname,
  CASE relname WHEN 'audit_entry' THEN 'WHERE reason IS DISTINCT FROM ''restored''' END)
FROM pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind = 'r' ORDER BY relname \gexec
SELECT 'document', md5(opres.dump_map()::text);
SELECT 'document of', revision, md5(opres.dump_map(revision)::text) FROM opres.map_revision ORDER BY revision;
SELECT 'outage', s.code, r.revision, md5(string_agg(o::text, E'\n' ORDER BY o::text COLLATE "C"))
FROM opres.scenario AS s CROSS JOIN (VALUES (NULL), (2::bigint)) AS r (revision)
  CROSS JOIN LATERAL opres.simulate(s.code, revision => r.revision) AS o
GROUP BY s.code, r.revision ORDER BY s.code, r.revision;
SELECT * FROM opres.map_revisions ORDER BY revision;
SELECT oid::regclass, array(SELECT a::text FROM unnest(relacl) AS a ORDER BY a::text COLLATE "C") FROM pg_class
WHERE relnamespace = 'opres'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1;
SELECT attrelid::regclass, attname, attacl FROM pg_attribute WHERE attrelid = 'opres.node'::regclass ORDER BY attnum;
SELECT oid::regprocedure, array(SELECT a::text FROM unnest(proacl) AS a ORDER BY a::text COLLATE "C") FROM pg_proc
WHERE pronamespace = 'opres'::regnamespace ORDER BY 1;
SQL
}

# The source: a loaded bank, then edits of every kind, one transaction each.
sql -c 'CREATE DATABASE source' || exit 1
sql -d source <<SQL || exit 1
CREATE EXTENSION opres;
CREATE ROLE opres_editor;
CREATE ROLE opres_approver;
SELECT opres.grant_access('opres_editor', 'editor', 'joins');
SELECT opres.grant_access('opres_approver', 'approver', 'joins');
\set doc \`cat test/bank/bank.json\`
SELECT opres.load_map(:'doc') \g /dev/null
SET SESSION AUTHORIZATION opres_editor;
UPDATE opres.node SET restart = restart + '1 min' WHERE kind = 'system';
UPDATE opres.node SET code = code || '.renamed' WHERE code IN (SELECT code FROM opres.node WHERE kind = 'network' ORDER BY code LIMIT 2);
DELETE FROM opres.tolerance WHERE operation IN (SELECT operation FROM opres.tolerance ORDER BY operation LIMIT 1);
DELETE FROM opres.scenario WHERE code IN (SELECT code FROM opres.scenario ORDER BY code LIMIT 1);
INSERT INTO opres.node (code, kind, names, attributes) VALUES ('new', 'system', '{"ja": "新しい\\\\n"}', jsonb_build_object('long', repeat('長い', 3000)));
INSERT INTO opres.node (code, kind) VALUES ('brief', 'system');
DELETE FROM opres.node WHERE code = 'brief';
SELECT opres.label_revision(1, 'FY2025', 'year end');
SET SESSION AUTHORIZATION opres_approver;
SELECT opres.approve_revision(1, 'reviewed');
SQL
fingerprint source >"$work/source" || exit 1
[[ $(grep -c '^document of' "$work/source") == 8 && $(grep -c '^outage' "$work/source") -gt 20 ]]
ok $? 'the source has eight revisions and outages'

# One way: its name, then a command that fills the new, empty database $db.
way() {
  local name=$1 before
  db=way
  shift
  sql -c "DROP DATABASE IF EXISTS $db" -c "CREATE DATABASE $db" || exit 1
  "$@" >"$work/log" 2>&1
  ok $? "$name: restores without complaint: $(grep -v '^$' "$work/log" | head -n 5)"
  fingerprint $db >"$work/restored" 2>&1
  diff "$work/source" "$work/restored" >"$work/diff"
  ok $? "$name: restores all there is, and no more: $(head -n 5 "$work/diff")"
  before=$(sql -d $db -c 'SELECT revision FROM opres.map_head')
  sql -d $db -c 'SET SESSION AUTHORIZATION opres_editor' -c "UPDATE opres.node SET name = 'after' WHERE code = 'new'" \
    -c "UPDATE opres.node SET code = 'new2' WHERE code = 'new'" >"$work/log" 2>&1
  ok $? "$name: an editor goes on editing: $(head -n 3 "$work/log")"
  [[ $(sql -d $db -c "SELECT revision - $before, (SELECT count(*) FROM opres.map_revision) FROM opres.map_head") == '2|10' ]]
  ok $? "$name: with the next revisions"
  [[ $(sql -d $db -c "SELECT array_agg(until_revision - $before ORDER BY until_revision) FROM opres.node_history WHERE code = 'new'") == '{1,2}' ]]
  ok $? "$name: which leave history"
}

plain() { pg_dump "$@" source | psql -X -q -v ON_ERROR_STOP=1 -d $db; }
one_transaction() { pg_dump -Fc -f "$work/dump.c" source && pg_restore -1 -d $db "$work/dump.c"; }
in_parallel() { pg_dump -Fd -j2 -f "$work/dump.d" source && pg_restore -j4 -d $db "$work/dump.d"; }
psql_single() { pg_dump source | psql -X -q -1 -v ON_ERROR_STOP=1 -d $db; }
# Accesses are no data: they are granted again. After the data, because a trail that has begun takes no other beginning.
data_only() {
  sql -d $db -c 'CREATE EXTENSION opres' && pg_dump --data-only "$@" source | psql -X -q -v ON_ERROR_STOP=1 -d $db &&
    sql -d $db -c "SELECT opres.grant_access('opres_editor', 'editor', 'restored')" \
      -c "SELECT opres.grant_access('opres_approver', 'approver', 'restored')" >/dev/null
}
way 'pg_dump | psql' plain
way 'pg_dump --inserts | psql' plain --inserts --rows-per-insert=50
way 'pg_dump | psql -1' psql_single
way 'pg_restore -1' one_transaction
way 'pg_restore -j4' in_parallel
way 'data only' data_only
way 'data only, triggers disabled' data_only --disable-triggers

# A restore keeps what is there, right or wrong: a map that no longer keeps the rules comes back as it was and says so when used.
sql -c 'CREATE DATABASE odd' || exit 1
sql -d odd <<'SQL' || exit 1
CREATE EXTENSION opres;
INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('a', 'system'), ('b', 'system');
BEGIN;
INSERT INTO opres.requirement (node, name, needed) VALUES ('op', 'core', 2);
INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'core', 'a'), ('op', 'core', 'b');
COMMIT;
SET session_replication_role = replica;
DELETE FROM opres.requirement_member WHERE member = 'b';
SQL
sql -c 'DROP DATABASE way' -c 'CREATE DATABASE way'
pg_dump -Fc odd | pg_restore -1 -d way >"$work/log" 2>&1
ok $? "no check fires in a restore: $(head -n 3 "$work/log")"
[[ $(sql -d way -c 'SELECT revision, (SELECT count(*) FROM opres.requirement_member) FROM opres.map_head') == '2|1' ]]
ok $? 'the map is as it was'
sql -d way -c "UPDATE opres.requirement SET buffer = '1 h'" >"$work/log" 2>&1
[[ $? != 0 ]] && grep -q 'needs 2 of 1 active members' "$work/log"
ok $? "the next edit of that requirement is refused: $(head -n 3 "$work/log")"

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
