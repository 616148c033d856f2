#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Reads every #include line and fails on one that leaves the allowed direction (docs/ARCHITECTURE.md).
set -u
cd "$(dirname "$0")/../.." || exit 1

# Freestanding headers, string.h for memcpy and its kin, and the processors' intrinsics: all that the pure rooms may know of libc.
pure='stddef.h stdint.h stdbool.h limits.h string.h immintrin.h nmmintrin.h wmmintrin.h arm_acle.h arm_neon.h'

# room | rooms it may include from | public headers (* all but check.h and sim.h) | system headers (* any)
rules="
include      |                | *              | stddef.h stdint.h
base         | base           | types.h        | $pure
wire         | wire base      | types.h        | $pure
core         | core wire base | * check.h      | $pure
view         | view wire base | *              | *
sim          | sim base       | * check.h sim.h | *
carrier      | carrier base   | *              | *
loop         | loop carrier base | *           | *
tools        | tools          | * sim.h        | *
examples     | examples       | * sim.h        | *
"

mapfile -t files < <(find include src tools examples -name '*.[ch]' | sort)
[ ${#files[@]} -gt 0 ] || { echo "no files found"; exit 1; }
awk -v rules="$rules" '
    function complain(why) { printf "%s:%d: %s: %s\n", FILENAME, FNR, why, $0; wrong = 1 }
    function among(word, list) { return index(" " list " ", " " word " ") > 0 }
    BEGIN {
        count = split(rules, lines, "\n")
        for (i = 1; i <= count; i++) {
            if (split(lines[i], field, "|") != 4) continue
            for (j = 1; j <= 4; j++) gsub(/^ +| +$/, "", field[j])
            known[field[1]] = 1; rooms[field[1]] = field[2]; public[field[1]] = field[3]; libc[field[1]] = field[4]
        }
    }
    FNR == 1 {
        split(FILENAME, part, "/")
        room = part[1] == "src" ? part[2] : part[1]
        if (!(room in known)) complain("a room without a rule in tests/tidy/includes.sh")
    }
    !/^[ \t]*#[ \t]*include/ { next }
    {
        target = $0
        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
        quoted = substr(target, 1, 1) == "\""
        target = substr(target, 2)
        sub(/[">].*$/, "", target)
        if (target ~ /\.\./) complain("goes up a folder")
        else if (quoted) {
            if (target !~ /\//) next # its own folder
            split(target, step, "/")
            if (!among(step[1], rooms[room])) complain(room " may include " (rooms[room] == "" ? "no room" : rooms[room]) " only")
            else if (FILENAME ~ /^src\/core\/send\// && target ~ /^core\/receive\//) complain("send knows nothing of receive")
            else if (FILENAME ~ /^src\/core\/receive\// && target ~ /^core\/send\//) complain("receive knows nothing of send")
        } else if (target ~ /^hawser\//) {
            name = substr(target, 8)
            private = name == "check.h" || name == "sim.h"
            if (room == "include" && name != "check.h" && FILENAME ~ /\/(check|sim)\.h$/) next
            if (among(name, public[room]) || (!private && among("*", public[room]))) next
            complain(room " may not include this header")
        } else if (libc[room] != "*" && !among(target, libc[room])) {
            if (room == "include" && FILENAME ~ /\/sim\.h$/) next
            complain("system headers allowed in " room ": " libc[room])
        }
    }
    END { exit wrong }' "${files[@]}"
