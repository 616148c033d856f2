#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bench/where.sh BUILD SIZE [OPTION=NUMBER]...: where the instructions of a message of SIZE bytes go, both ends in one process,
# counted by callgrind and grouped by what they are for. With FUNCTIONS=1 by function.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:?usage: bench/where.sh BUILD SIZE [OPTION=NUMBER]...}
size=${2:?usage: bench/where.sh BUILD SIZE [OPTION=NUMBER]...}
shift 2
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
messages=$((6000000 / (size + 300))) # some tens of millions of instructions

# Otherwise long copies are one instruction in hardware and one for each byte here.
GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1000000000 \
    valgrind -q --tool=callgrind --instr-atstart=no --callgrind-out-file="$scratch/out" "$build/bin/bench-hawser" inproc \
    size="$size" nodelay=$((size != 64)) warm=$messages messages=$messages "$@" > "$scratch/said" || exit 1
callgrind_annotate --auto=no --threshold=100 "$scratch/out" | sed 's/,//g' |
    awk -v by_function="${FUNCTIONS:-}" '
    $1 == "pieces" { pieces = $2 }
    NR == FNR { next }
    $1 ~ /^[0-9]+$/ && match($0, /[^ ]+:[^ ]+/) {
        where = substr($0, RSTART, RLENGTH)
        split(where, part, ":")
        file = part[1]; sub(/.*\//, "", file)
        name = part[2]; sub(/[.\047].*/, "", name)
        lines++; of_file[lines] = file; of_name[lines] = name; count[lines] = $1
        if (file ~ /\.c$/) home[name] = file # what headers add is counted with the function that it was inlined into
    }
    function group(file, name) {
        if (file ~ /^crc32c/) return "CRC32c"
        if (name ~ /memcpy|memmove/) return "copies"
        if (file == "malloc.c" || file == "memory.c" || file == "host.c" || name ~ /^memset|memset_/) return "memory"
        if (file ~ /^(stack|find|dispatch|packet|chunks|ootb|address)\.c$/) return "packet in: check, find, take apart"
        if (file ~ /^(reassembly|run|interleaved|hold|skip|block|received)\.c$/ || name ~ /^hw_data_/)
            return "data in: reassembly, SACK to write"
        if (file == "event.c") return "inbox: receive, consume, next"
        if (file ~ /^(sendq|sched)\.c$/ && name != "hw_flight_advance" || name ~ /^hawser_send/) return "send: queue"
        if (file == "output.c" || file ~ /^inflight/ || file == "path.c" || file == "close.c") return "packet out: choose, build"
        if (file ~ /^(sack|congestion|bits)\.c$/ || name == "hw_flight_advance") return "SACK in: acknowledged, windows"
        if (file ~ /^(assoc|heap)\.c$/) return "timers, whose turn it is"
        if (file ~ /^(table|sparse|ids|siphash)\.c$/) return "tables, ids"
        if (file ~ /^(hawser|bench|hawser_.*)\.c$/) return "the bench itself"
        return name ~ /memcmp/ ? "tables, ids" : "the rest"
    }
    END {
        for (i = 1; i <= lines; i++) {
            file = of_file[i] ~ /\.c$/ || !(of_name[i] in home) ? of_file[i] : home[of_name[i]]
            key = by_function ? of_name[i] " (" file ")" : group(file, of_name[i])
            sum[key] += count[i]; all += count[i]
        }
        for (key in sum)
            if (sum[key] >= pieces) printf "%8.0f %5.1f %%  %s\n", sum[key] / pieces, 100 * sum[key] / all, key | "sort -rn"
        close("sort -rn")
        printf "%8.0f          in all\n", all / pieces
    }' "$scratch/said" -
