# mutate.sh: breaks the sources on purpose, in a copy under build/mutants, and expects tests to turn red. Sourced by
# mutants.sh and access_mutants.sh; leaves the shell in the copy. Afterwards `failed` is 1 if a mutant survived.
set -euo pipefail
copy=build/mutants
mkdir -p $copy
git ls-files -co --exclude-standard -z -- src tests/node tests/vectors tests/CMakeLists.txt tests/interop cmake fuzz bench docs CMakeLists.txt CMakePresets.json |
  while IFS= read -r -d '' file; do [ -f "$file" ] && printf '%s\0' "$file"; done |
  tar --null -T - -cf - | tar -xf - -C $copy   # with their times: what did not change is not compiled again
(cd $copy && find src tests cmake fuzz bench docs -type f -print) |   # what the tree has no more
  while IFS= read -r file; do [ -f "$file" ] || rm "$copy/$file"; done
mkdir -p $copy/web && cp -a web/dist $copy/web/
cd $copy
[ -f build/release/build.ninja ] || cmake --preset release -DSWARMA_TESTS=ON >configure.log 2>&1 || { tail -n 20 configure.log; exit 1; }

# sound TARGET COMMAND…: builds the target and expects the command to succeed.
sound() {
  local target=$1
  shift
  cmake --build build/release --target "$target" >build.log 2>&1 || { tail -n 20 build.log; exit 1; }
  timeout 600 "$@" >tests.log 2>&1 || { tail -n 20 tests.log; echo "mutants: $target is red without a mutant"; exit 1; }
}

failed=0
# mutant NAME FILE OLD NEW TARGET COMMAND…: with NEW in the place of OLD (all of them) the command must fail.
mutant() {
  local name=$1 file=$2 old=$3 new=$4 target=$5
  shift 5
  cp "$file" original
  OLD=$old NEW=$new perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/g' "$file"
  if cmp -s "$file" original; then
    echo "mutant $name: its place in $file is gone"
    failed=1
  elif ! cmake --build build/release --target "$target" >build.log 2>&1; then
    echo "mutant $name: does not compile ($copy/build.log)"
    failed=1
  elif timeout 300 "$@" >tests.log 2>&1; then
    echo "mutant $name: SURVIVED, the tests stay green"
    failed=1
  else
    echo "mutant $name: found"
  fi
  cp original "$file"
}
