#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example in README.md is examples/readme.c, which is compiled and run: from its first #include to its end, letter by letter.
set -u
cd "$(dirname "$0")/../.." || exit 1

shown=$(sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d')
[ -n "$shown" ] || { echo "README.md has no block of C"; exit 1; }
diff <(echo "$shown") <(sed -n '/^#include/,$p' examples/readme.c) && exit 0
echo "README.md (<) and examples/readme.c (>) differ"
exit 1
