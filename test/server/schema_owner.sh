#!/bin/bash
# CREATE EXTENSION does not move into a schema of somebody else.
set -uo pipefail
passed=0 failed=0
check() { if [[ $2 == "$3" ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "$1: expected '$3', got '$2'"; fi; }
sql() { psql -X -q -A -t -d "$1" -c "$2" 2>&1 | head -1; }

createdb schema_owner
sql schema_owner "CREATE ROLE schema_owner_other" >/dev/null
sql schema_owner "CREATE SCHEMA opres AUTHORIZATION schema_owner_other" >/dev/null
check "another's schema" "$(sql schema_owner 'CREATE EXTENSION opres')" "ERROR:  schema opres belongs to somebody else"
sql schema_owner "ALTER SCHEMA opres OWNER TO postgres" >/dev/null
check "a superuser's schema" "$(sql schema_owner 'CREATE EXTENSION opres')" ""
check "it works" "$(sql schema_owner 'SELECT opres.dump_map() IS NOT NULL')" "t"
dropdb schema_owner
dropuser schema_owner_other
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
