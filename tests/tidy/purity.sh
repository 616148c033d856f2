#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/tidy/purity.sh COMPILER: base, wire and core, compiled as they ship and linked into one object, need memcpy, memmove,
# memset and memcmp from outside and nothing else, and hold no data that could be written. Constants with pointers inside lie in
# .data.rel.ro, which the loader makes read-only.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
compiler=${1:?usage: purity.sh COMPILER}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
find src/base src/wire src/core -name '*.c' | sort > "$folder/sources"
[ -s "$folder/sources" ] || { echo "no sources found"; exit 1; }
# clang makes bcmp of a memcmp that asks for equality alone; here it shall stay what was written.
awk -v folder="$folder" '{ print $0, "-o", folder "/" NR ".o" }' "$folder/sources" |
    xargs -P "$(nproc)" -L 1 "$compiler" -std=c11 -O2 -fPIC -fvisibility=hidden -fno-builtin-bcmp -Iinclude -Isrc -c
ld -r -o "$folder/whole.o" "$folder"/*.o

wrong=0
outside=$(nm -u "$folder/whole.o" | awk '{ print $NF }' | grep -vxE 'memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_' || true)
if [ -n "$outside" ]; then
    echo "symbols from outside:" $outside
    nm -A -u $(printf '%s\n' "$folder"/*.o | grep -v whole) | grep -wF "$outside" | while IFS=: read -r object rest; do
        echo "    $(sed -n "$(basename "$object" .o)p" "$folder/sources"):" ${rest#*U}
    done
    wrong=1
fi
common=$(nm "$folder/whole.o" | awk '$(NF - 1) == "C" { print $NF }')
[ -z "$common" ] || { echo "common symbols:" $common; wrong=1; }
writable=$(readelf -SW "$folder/whole.o" | sed -n 's/^ *\[ *[0-9]*\] //p' |
    awk '$7 ~ /W/ && $5 !~ /^0+$/ && $1 !~ /^\.data\.rel\.ro/ { print $1 " (0x" $5 " bytes)" }')
if [ -n "$writable" ]; then
    echo "writable sections: $writable"
    objdump -t "$folder/whole.o" | awk '/[ \t]\.(data|bss|tdata|tbss)/ && !/\.data\.rel\.ro/ { print "    " $NF }'
    wrong=1
fi
exit $wrong
