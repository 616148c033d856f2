#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/api/amalgamation.sh C_COMPILER C++_COMPILER: hawser.c and hawser.h, made anew and used as a stranger would: in a folder of
# their own, in a program in C, and with the header in one in C++.
set -eu
cd "$(dirname "$0")/../.."
c=${1:?usage: amalgamation.sh C_COMPILER C++_COMPILER}
cxx=${2:?usage: amalgamation.sh C_COMPILER C++_COMPILER}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
scripts/amalgamate.sh "$folder"
cd "$folder"
left=$(grep -nE '^ *# *include *("|<hawser/)' hawser.[ch] | grep -v '"hawser\.h"$' || true)
[ -z "$left" ] || { echo "still includes: $left"; exit 1; }

cat > program.c <<'END'
#include "hawser.h"
#include <stdlib.h>
#include <string.h>

static void *take(void *user, size_t size) { (void)user; return malloc(size); }
static void give(void *user, void *memory, size_t size) { (void)user; (void)size; free(memory); }
static void dice(void *user, void *out, size_t size) { (void)user; memset(out, 4, size); }
static int sign(void *user, const uint8_t key[32], struct hawser_span text, uint8_t out[32]) {
    (void)user; (void)text;
    memcpy(out, key, 32);
    return 0;
}

int main(void) {
    struct hawser_host host;
    hawser *stack;
    memset(&host, 0, sizeof host);
    host.size = sizeof host;
    host.allocate = take;
    host.release = give;
    host.random = dice;
    host.hmac_sha256 = sign;
    if (hawser_new(&stack, NULL, &host))
        return 1;
    hawser_free(stack);
    return 0;
}
END
cp program.c program.cc
"$c" -std=c11 -Wall -Wextra -Werror -c hawser.c
"$c" -std=c11 -Wall -Wextra -Wpedantic -Werror -o program program.c hawser.o
"$cxx" -std=c++11 -Wall -Wextra -Werror -o program-cxx program.cc hawser.o
./program
./program-cxx

outside=$(nm -u hawser.o | awk '{ print $NF }' | grep -vxE 'bcmp|memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_' || true)
[ -z "$outside" ] || { echo "hawser.c needs from outside:" $outside; exit 1; }
