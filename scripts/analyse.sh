#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/analyse.sh [FILE...]: gcc's analyzer and clang-tidy over the libraries and tools, or over the files named. Both must be
# silent. .clang-tidy says which checks are left out; of gcc's that for leaks is, which takes for lost what a struct keeps
# (AddressSanitizer watches for leaks in every test).
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1

files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(find src tools -name '*.c' | sort)
[ ${#files[@]} -gt 0 ] || { echo "no files found"; exit 1; }
language=(-std=c11 -Iinclude -Isrc)
wrong=0
each() { printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" "$@"; }

each gcc "${language[@]}" -O2 -Wall -Wextra -fanalyzer -Wno-analyzer-malloc-leak -Werror -c -o /dev/null || wrong=1
# What is left of its output without findings are counts of suppressed warnings in the system's headers.
each bash -c 'clang-tidy --quiet "${@: -1}" -- "${@:1:$#-1}" 2>&1 | { ! grep -vE "^[0-9]+ warnings? generated"; }' \
    tidy "${language[@]}" || wrong=1
[ $wrong -eq 0 ] && echo "${#files[@]} files, nothing found"
exit $wrong
