#!/usr/bin/env bash
# fuzz_one.sh TARGET: runs one fuzz target for SWARMA_FUZZ_SECONDS (60). A finding is kept in build/fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$1
name=${target#fuzz_}
mkdir -p "build/fuzz/corpus/$name"
seeds=()
[ ! -d "fuzz/corpus/$name" ] || seeds=("fuzz/corpus/$name")
log=build/fuzz/$name.log
if "build/fuzz/fuzz/$target" -max_total_time="${SWARMA_FUZZ_SECONDS:-60}" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
     -artifact_prefix="build/fuzz/findings/$name-" "build/fuzz/corpus/$name" "${seeds[@]}" >"$log" 2>&1; then
  awk -v name="$name" '$1 == "Done" && $3 == "runs" {n = $2; s = $5}
    END {printf "fuzz %s: nothing found, %s\n", name, s ? n " runs in " s " s, " int(n / s) " a second" : "no run count"}' "$log"
else
  echo "fuzz $name: FAILED, see $log"
  tail -n 40 "$log"
  exit 1
fi
