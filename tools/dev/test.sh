# The tests, the formatter, the fuzzers and the sanitizers.

# run_suite PRESET [FILTER]: builds everything, runs ctest and counts the cases: "N passed, N failed", and what was skipped.
# .ci/run reads the report once more. What sanitizers find lies in build/PRESET/findings, whichever process it was in, also in
# a node that a test ends: any finding is a failure.
run_suite() {
  local preset=$1 filter=${2:-}
  configure "$preset" -DSWARMA_TESTS=ON
  compile "$preset"
  local arguments=(--test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(nproc)"
    --test-output-size-passed 4000000 --test-output-size-failed 4000000 --output-junit "$PWD/build/test-report.xml")
  # A filter is a test name or a label (unit, house, e2e, kill, interop, web, browser).
  if [ -n "$filter" ]; then
    local labels
    labels=$(ctest --test-dir "build/$preset" --print-labels)
    if grep -qx "  $filter" <<<"$labels"; then arguments+=(-L "^$filter\$"); else arguments+=(-R "$filter"); fi
  fi
  local result=0 findings=$PWD/build/$preset/findings
  rm -rf "$findings" && mkdir -p "$findings"
  ASAN_OPTIONS=log_path=$findings/asan UBSAN_OPTIONS=print_stacktrace=1:log_path=$findings/ubsan \
    LSAN_OPTIONS=suppressions=$PWD/tools/dev/leaks.supp:print_suppressions=0 TSAN_OPTIONS=log_path=$findings/tsan ctest "${arguments[@]}" || result=$?
  if [ -n "$(ls "$findings")" ]; then
    tail -n 60 "$findings"/* >&2
    result=1
  fi
  python3 -B tools/dev/summary.py build/test-report.xml $result
}

# Everything the suite needs: packages, pages, and the npm packages of other people's implementations.
prepare_suite() {
  local lock
  need build test "$@"
  need_node
  build_pages
  for lock in $(git ls-files -- 'tests/*/package-lock.json'); do npm_packages "$(dirname "$lock")"; done
}

cmd_test() {
  prepare_suite
  rm -f build/test-report.xml
  ln -sfn release/swarma build/swarma
  run_suite release "${1:-}"
}

# What differs from the last commit, or if nothing does, what the last commit changed.
changed_files() {
  local files
  files=$({ git diff --name-only HEAD; git ls-files -o --exclude-standard; } | sort -u)
  [ -n "$files" ] || files=$(git diff --name-only HEAD~1 HEAD)
  while read -r file; do [ -f "$file" ] && echo "$file"; done <<<"$files"
}

# quick: the house rules, the form and the unit tests of the modules that changed. For the minute between two edits.
cmd_quick() {
  need build test check
  local changed module target targets=() failed=0
  changed=$(changed_files)
  tools/tidy || failed=1
  sed -nE '/\.(cpp|h)$/p' <<<"$changed" | xargs -r clang-format-19 --dry-run --Werror || failed=1
  configure dev -DSWARMA_TESTS=ON
  for module in $(sed -n 's/^"\([a-z/]*\)" = \[.*/\1/p' tools/layers.toml | sort -u); do
    target=swarma_${module//\//_}_test
    grep -q "^src/$module/" <<<"$changed" && [ -n "$(git ls-files -co --exclude-standard "src/$module/*_test.cpp")" ] && targets+=("$target")
  done
  if [ ${#targets[@]} -gt 0 ]; then
    compile dev "${targets[@]}"
    for target in "${targets[@]}"; do
      say "$target"
      timeout 300 "build/dev/src/$target" --gtest_brief=1 2>"build/dev/$target.log" || { tail -n 20 "build/dev/$target.log" >&2; failed=1; }
    done
  fi
  [ $failed = 0 ] || die "quick: something is broken"
  say "quick: ${#targets[@]} modules passed in $SECONDS s"
}

cpp_files() {
  git ls-files -co --exclude-standard -- '*.cpp' '*.h' | while read -r file; do [ -f "$file" ] && echo "$file"; done
}

# web_files PATTERN…: files of the pages and of the client library, but not the generated one
web_files() {
  local pattern patterns=()
  for pattern in "$@"; do patterns+=("web/$pattern" "sdk/ts/$pattern"); done
  git ls-files -co --exclude-standard -- "${patterns[@]}" | while read -r file; do [ -f "$file" ] && echo "$file"; done |
    grep -v /wire-generated.ts
}

# lint [--fix]: rules that need the types, with the compiler that builds the pages
lint() {
  web_files '*.ts' '*.tsx' | OXLINT_TSGOLINT_PATH=$PWD/web/node_modules/.bin/tsgolint \
    xargs web/node_modules/.bin/oxlint --type-aware --config web/oxlint.json "$@"
}

# fmt [--check]
cmd_fmt() {
  local result=0 clang=(-i) prettier=--write fix=(--fix)
  [ "${1:-}" != --check ] || { clang=(--dry-run --Werror); prettier=--check; fix=(); }
  need check
  need_node
  npm_packages sdk/ts
  npm_packages web
  cpp_files | xargs clang-format-19 "${clang[@]}" || result=1
  lint "${fix[@]}" || result=1
  web_files '*.ts' '*.tsx' '*.mjs' '*.css' | xargs web/node_modules/.bin/prettier --log-level warn $prettier || result=1
  return $result
}

# Each fuzz target for SWARMA_FUZZ_SECONDS, two at a time, starting from fuzz/corpus/<target> where there is one.
run_fuzzers() {
  configure fuzz
  compile fuzz fuzzers
  mkdir -p build/fuzz/corpus build/fuzz/findings
  find build/fuzz/fuzz -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x -printf '%f\n' | sort |
    xargs -P "$(nproc)" -I{} tools/dev/fuzz_one.sh {}
}

# check_part NAME COMMAND…: a part that fails is told at once and at the end, and the others run all the same.
check_part() {
  local name=$1 code
  shift
  say "$name"
  set +e
  (set -e; "$@")
  code=$?
  set -e
  [ $code = 0 ] || { say "failed: $name"; check_failed+=("$name"); }
}

# SWARMA_FUZZ_SECONDS (60) and SWARMA_KILL_ROUNDS (here 10) shorten or lengthen it.
cmd_check() {
  local check_failed=() fuzz_seconds=${SWARMA_FUZZ_SECONDS:-60}
  export SWARMA_KILL_ROUNDS=${SWARMA_KILL_ROUNDS:-10}
  prepare_suite check
  check_part "format" cmd_fmt --check
  check_part "house rules" tools/tidy
  check_part "what is recorded once, each record taken away in turn" tools/dev/mutants.sh
  check_part "fuzz targets, $fuzz_seconds s each" run_fuzzers
  check_part "the suite under AddressSanitizer and UndefinedBehaviorSanitizer, $SWARMA_KILL_ROUNDS rounds of kill -9" run_suite asan
  [ ${#check_failed[@]} = 0 ] || die "check failed: $(printf '%s; ' "${check_failed[@]}")"
  say "check passed in $((SECONDS / 60)) min"
}
