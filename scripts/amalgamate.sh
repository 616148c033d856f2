#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/amalgamate.sh [FOLDER]: the protocol core as one file to take along, hawser.c and hawser.h, made of src/base, src/wire,
# src/core and the public headers that belong to the core. Everything lies there once and in the order of its includes; nothing is
# changed but the #include lines. Goes into build/amalgamation if no folder is given.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-build/amalgamation}
mkdir -p "$folder"

version=$(sed -n 's/^#define HAWSER_VERSION "\(.*\)"$/\1/p' include/hawser/hawser.h)
[ -n "$version" ] || { echo "amalgamate: include/hawser/hawser.h names no version" >&2; exit 1; }
public='include/hawser/types.h include/hawser/hawser.h include/hawser/trace.h'
mapfile -t sources < <(find src/base -name '*.c' | sort; find src/wire -name '*.c' | sort; find src/core -name '*.c' | sort)

# expand [FILE...] -- FILE...: the files after the word "--", with all that they include but the files before it.
expand() {
    awk '
        function put(file, line, name) {
            if (seen[file]++) return
            while ((got = (getline line < file)) > 0) {
                if (line !~ /^#include /) { print line; continue }
                name = line
                sub(/^#include ["<]/, "", name); sub(/[">].*/, "", name)
                if (name ~ /^hawser\//) put("include/" name)
                else if (line ~ /</) { if (!seen[name]++) print line }
                else if (name ~ /\//) put("src/" name)
                else put(substr(file, 1, match(file, /[^\/]*$/) - 1) name)
            }
            if (got < 0) { print "amalgamate: cannot read " file > "/dev/stderr"; bad = 1 }
            close(file)
        }
        BEGIN {
            for (i = 1; ARGV[i] != "--"; i++) seen[ARGV[i]] = 1
            for (i++; i < ARGC; i++) { print "\n/* ==== " ARGV[i] " */"; put(ARGV[i]) }
            exit bad
        }' "$@"
}

{
    cat << END
/* SPDX-License-Identifier: MIT
 *
 * hawser $version, the protocol core alone: the header of hawser.c. Made by scripts/amalgamate.sh; change the sources instead.
END
    sed -n '3,$s/^/ * /p' LICENSE | sed 's/ *$//'
    echo ' */'
    expand -- $public
} > "$folder/hawser.h"

{
    cat << END
/* SPDX-License-Identifier: MIT
 *
 * hawser $version, the protocol core as one file: SCTP (RFC 9260) without clock, socket, thread, malloc or global data. Made by
 * scripts/amalgamate.sh; change the sources instead. The licence is in hawser.h. To use it:
 *
 *     compile it with -std=c11 -O2, and -fvisibility=hidden -fPIC as a part of a shared library;
 *     fill a struct hawser_host (memory, random numbers, HMAC-SHA-256) and call hawser_new();
 *     give packets to hawser_input, send those of hawser_output, look at whom hawser_next names, wait until hawser_deadline.
 */
#include "hawser.h"

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-function" /* inline functions that only the rooms around the core use */
#endif
END
    expand $public -- "${sources[@]}"
    printf '\n#if defined(__clang__)\n#pragma clang diagnostic pop\n#endif\n'
} > "$folder/hawser.c"
