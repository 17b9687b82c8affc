#!/usr/bin/env bash
# mutants.sh: takes away, one after the other, each record of something that may be used once, in a copy of the sources
# under build/mutants, and expects the table of tests/node/once_test.cpp to turn red each time. Part of ./dev check.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=build/mutants
mkdir -p $copy
git ls-files -co --exclude-standard -z -- src tests/node tests/CMakeLists.txt tests/interop cmake fuzz bench CMakeLists.txt CMakePresets.json |
  while IFS= read -r -d '' file; do [ -f "$file" ] && printf '%s\0' "$file"; done |
  tar --null -T - -cf - | tar -xf - -C $copy   # with their times: what did not change is not compiled again
(cd $copy && find src tests cmake fuzz bench -type f -print) |   # what the tree has no more
  while IFS= read -r file; do [ -f "$file" ] || rm "$copy/$file"; done
mkdir -p $copy/web && cp -a web/dist $copy/web/
cd $copy

build() {
  cmake --build build/release --target swarma_node_tests
}
table() {
  build/release/tests/node/swarma_node_tests --gtest_brief=1 --gtest_filter='Engines/Once.*/Sqlite'
}

[ -f build/release/build.ninja ] || cmake --preset release -DSWARMA_TESTS=ON >configure.log 2>&1 || { tail -n 20 configure.log; exit 1; }
build >build.log 2>&1 || { tail -n 20 build.log; exit 1; }
table >table.log 2>&1 || { tail -n 20 table.log; echo "mutants: the table is red without a mutant"; exit 1; }

failed=0
# mutant NAME FILE OLD NEW: the table must fail with NEW in the place of OLD (all of them)
mutant() {
  local name=$1 file=$2 old=$3 new=$4
  cp "$file" original
  OLD=$old NEW=$new perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/g' "$file"
  if cmp -s "$file" original; then
    echo "mutant $name: its place in $file is gone"
    failed=1
  elif ! build >build.log 2>&1; then
    echo "mutant $name: does not compile ($copy/build.log)"
    failed=1
  elif timeout 300 bash -c "$(declare -f table); table" >table.log 2>&1; then
    echo "mutant $name: SURVIVED, the table stays green"
    failed=1
  else
    echo "mutant $name: found"
  fi
  cp original "$file"
}

mutant "a proof is recorded anew" src/once/proofs.cpp 'ON CONFLICT (proof) DO NOTHING' \
  'ON CONFLICT (proof) DO UPDATE SET issued_at = excluded.issued_at'
mutant "forgotten proofs are fresh" src/once/proofs.cpp 'WHERE $2 > (SELECT issued_at FROM once_proof_floor)' 'WHERE $2 > 0'
mutant "proofs are not recorded" src/api/door.cpp \
  'if (entry.auth != Auth::Anybody) SWARMA_RETURN_IF_ERROR(once::record_proof(p_.database, caller.proof));' ''
mutant "proofs of streamed bodies are not recorded" src/api/door.cpp \
  'SWARMA_RETURN_IF_ERROR(once::record_proof(p_.database, caller.proof));
    return entry.sink' 'return entry.sink'
mutant "kept answers use up no proof" src/api/door.cpp 'Result<void> fresh = once::record_proof(p_.database, call.caller.proof)' \
  'Result<void> fresh'
mutant "proofs of key requests are not recorded" src/access/grant/broker.cpp \
  'if (request.proof) SWARMA_RETURN_IF_ERROR(once::record_proof(session, *request.proof));' ''
mutant "attestations are not used up" src/access/attest/attestation.cpp 'attestations.used_at IS NULL AND ' ''
mutant "actions do not end" src/access/attest/actions.cpp 'UPDATE actions SET completed_at = $2 WHERE' \
  'UPDATE actions SET tries = $2 - $2 WHERE'
mutant "links are not used up" src/api/links.cpp 'UPDATE sign_in_links SET used_at = $2 WHERE' \
  'UPDATE sign_in_links SET expires_at = expires_at + $2 - $2 WHERE'
mutant "uses of codes are not counted" src/access/attest/code.cpp 'SET uses = uses + $4 WHERE' 'SET uses = uses + 0 * $4 WHERE'
mutant "answers are not kept" src/once/answers.cpp 'UPDATE once_answers SET status = $4' 'UPDATE once_answers SET status = 0 * $4'
mutant "offsets of uploads are not compared" src/content/publish/spool.cpp 'if (offset != upload.offset)' 'if (offset > upload.length)'
exit $failed
