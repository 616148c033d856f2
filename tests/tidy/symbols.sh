#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/tidy/symbols.sh LIBRARY_DIR: the shared libraries export hawser_ names alone, and the archives, in which the linker cannot
# hide anything, hold hawser_ and hw_ names alone.
set -u
folder=${1:?usage: symbols.sh LIBRARY_DIR}
wrong=0

# look FILE PATTERN NM_ARGUMENT...: fails if the file defines a global symbol that does not match, or none that does.
look() {
    local file=$1 pattern=$2 names
    shift 2
    names=$(nm --defined-only "$@" "$file" | awk 'NF == 3 { print $3 }') || { wrong=1; return; }
    echo "$names" | grep -qE "$pattern" || { echo "$file: no hawser_ symbols"; wrong=1; }
    if echo "$names" | grep -vE "$pattern"; then
        echo "$file: the names above do not match $pattern"
        wrong=1
    fi
}
for name in hawser hawser-core; do
    look "$folder/lib$name.so" '^hawser_' -D
    look "$folder/lib$name.a" '^(hawser|hw)_' -g
done
exit $wrong
