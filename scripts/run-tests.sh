#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/run-tests.sh BUILD_DIR [CTEST_ARGUMENT...]: runs ctest and ends with "N passed, N failed[, N skipped]". The tests inside
# of a cmocka program count one by one, every other program counts as one. Fails if a test failed, if there was none, and, with
# CI=true, if one was skipped.
set -u -o pipefail

build=$1
shift
log=$build/Testing/Temporary/LastTest.log
shown=$build/Testing/shown.log
mkdir -p "$build/Testing"
rm -f "$log"
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "$@" </dev/null 2>&1 | tee "$shown"
status=$?
[ -e "$log" ] || { echo "0 passed, 1 failed"; exit 1; }

# What ctest shows says how each program ended; its log has all that the programs printed.
awk -v status=$status -v strict="${CI:-false}" '
    function number(line) { match(line, /[0-9]+ test\(s\)/); return substr(line, RSTART) + 0 }
    NR == FNR {
        if (!match($0, /Test +#[0-9]+: [^ ]+/)) next
        name = substr($0, RSTART, RLENGTH); sub(/.*: /, "", name)
        ended[name] = /\*\*\*Skipped/ ? "skipped" : / Passed +[0-9.]+ sec/ ? "passed" : "failed"
        next
    }
    /^[0-9]+\/[0-9]+ Testing: /                        { name = $3 }
    /^\[  PASSED  \] [0-9]+ test\(s\)/                 { good[name] += number($0) }
    /^\[  FAILED  \] .*[0-9]+ test\(s\), listed below/ { bad[name] += number($0) }
    /^\[  SKIPPED \] .*[0-9]+ test\(s\), listed below/ { left[name] += number($0) }
    END {
        for (name in ended) {
            if (ended[name] == "skipped") left[name]++
            else if (ended[name] == "failed" && !bad[name]) bad[name] = 1
            else if (good[name] + bad[name] + left[name] == 0) good[name] = 1
            if (left[name]) names = names " " name
            passed += good[name]; failed += bad[name]; skipped += left[name]
        }
        if (status != 0 && !failed) failed = 1
        if (names != "") print "skipped in:" names
        printf "%d passed, %d failed", passed, failed
        if (skipped) printf ", %d skipped", skipped
        printf "\n"
        exit failed > 0 || (strict == "true" && skipped > 0)
    }' "$shown" "$log"
