#!/bin/bash
# Runs alone: copies its cluster to a second one that follows it.
# A hot standby answers every analysis as its primary does, sees a new revision once it has arrived, and refuses edits.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [[ ${1:-} != inside ]]; then exec test/with-cluster "$0" inside; fi

passed=0
failed=0
check() {
  if [[ $2 == "$3" ]]; then passed=$((passed + 1)); return; fi
  failed=$((failed + 1))
  printf 'FAILED: %s\n  got:  %s\n  want: %s\n' "$1" "$2" "$3"
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$1" -c "$2" 2>&1; }
as() { "$@"; }
if [[ $(id -u) == 0 ]]; then as() { (cd "$OPRES_CLUSTER" && exec runuser -u postgres -- "$@"); }; fi

primary=$PGHOST
copy=$OPRES_CLUSTER/copy
as mkdir "$OPRES_CLUSTER/copy.socket"
standby=$OPRES_CLUSTER/copy.socket
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION opres' || exit 1
psql -X -q -v ON_ERROR_STOP=1 >/dev/null <<'SQL' || exit 1
\set document `cat test/bank/bank.json`
SELECT opres.load_map(:'document');
SQL
as pg_basebackup -R -D "$copy" -X stream -c fast -h "$primary" -U postgres || exit 1
as sed -e 's/^[^ ]* //' -e 's/"-D" "[^"]*"//' -e "s#unix_socket_directories=[^ \"]*#unix_socket_directories=$standby#" -e "s/\"/'/g" \
  "$OPRES_CLUSTER/data/postmaster.opts" >"$OPRES_CLUSTER/copy.options"
trap 'as pg_ctl -D "$copy" -s -m immediate stop >/dev/null 2>&1' EXIT
as pg_ctl -D "$copy" -s -w -l "$OPRES_CLUSTER/copy.log" -o "$(cat "$OPRES_CLUSTER/copy.options")" start ||
  { cat "$OPRES_CLUSTER/copy.log"; exit 1; }

check 'it is a standby' "$(sql "$standby" 'SELECT pg_is_in_recovery()')" t
analyses=(
  "SELECT md5(string_agg(s::text, ' ' ORDER BY s::text)) FROM opres.scenario AS c, opres.simulate(c.code) AS s"
  "SELECT md5(string_agg(s::text, ' ' ORDER BY s::text)) FROM opres.simulate_levels('dc-east-lost') AS s"
  "SELECT md5(string_agg(s::text, ' ' ORDER BY s::text)) FROM opres.simulate_shocks('[{\"node\": \"fac.dc-east\"}]') AS s"
  "SELECT md5(string_agg(s::text, ' ' ORDER BY s::text)) FROM opres.simulate_shocks_levels('[{\"node\": \"fac.dc-east\"}]') AS s"
  "SELECT string_agg(s::text, ' ' ORDER BY depth) FROM opres.explain('dc-east-lost', 'op.card', '1h') AS s"
  "SELECT md5(string_agg(s::text, ' ')) FROM opres.recovery_order('dc-east-lost') AS s"
  "SELECT count(*) FROM opres.restart_deadlocks()"
  "SELECT md5(string_agg(s::text, ' ' ORDER BY s::text)) FROM opres.depends_on('op.card') AS s"
  "SELECT md5(opres.map_dot('op.card', scenario => 'dc-east-lost'))"
  "SELECT md5(string_agg(s::text, ' ')) FROM opres.check_map('ja') AS s"
  "SELECT md5(string_agg(s::text, ' ')) FROM opres.map_diff(0, 1) AS s"
  "SELECT md5(opres.dump_map()::text)")
for analysis in "${analyses[@]}"; do
  check "$analysis" "$(sql "$standby" "$analysis")" "$(sql "$primary" "$analysis")"
done
check 'no edit' "$(sql "$standby" "UPDATE opres.node SET owner = 'x'" | head -1)" 'ERROR:  cannot execute UPDATE in a read-only transaction'

sql "$primary" "UPDATE opres.node SET restart = '3h' WHERE code = 'op.card'"
for _ in {1..300}; do
  [[ $(sql "$standby" 'SELECT revision FROM opres.map_head') == 2 ]] && break
  sleep 0.1
done
for analysis in "${analyses[@]:0:2}"; do
  check "revision 2: $analysis" "$(sql "$standby" "$analysis")" "$(sql "$primary" "$analysis")"
done

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
