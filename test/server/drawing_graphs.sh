#!/bin/bash
# alone. The drawings in graphs/ are what the sample bank gives today: DOT letter by letter, SVG well-formed (it hangs on fonts).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
ok() { if [[ $1 == 0 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not so: $2"; fi; }

graphs/make-graphs "$out"
ok $? "graphs/make-graphs runs through"
for file in "$out"/*.dot graphs/*.dot; do
  name=${file##*/}
  cmp -s "$out/$name" "graphs/$name"
  ok $? "graphs/$name is up to date (make graphs)"
done
for file in "$out"/*.svg graphs/*.svg; do
  xmllint --noout --nonet "$file"
  ok $? "$file is XML"
done
for file in "$out"/*.dot; do
  dot -Tcanon "$file" 2>&1 >/dev/null | cmp -s - /dev/null
  ok $? "dot reads $file without a word"
done
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
