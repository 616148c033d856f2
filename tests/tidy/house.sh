#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The house rules that a script can judge: licence lines, widths and lengths, white space, and words that do not belong here.
set -u
cd "$(dirname "$0")/../.." || exit 1
wrong=0

if [ -e .git ]; then
    mapfile -t files < <(git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard | sort)
else
    mapfile -t files < <(find . -type f -not -path './build*' | sed 's,^\./,,' | sort)
fi
text=() code=() c=()
for file in "${files[@]}"; do
    [ -f "$file" ] || continue
    case $file in
    tests/fuzz/corpus/* | *.pcap | *.pcapng | *.bin) continue ;;
    esac
    text+=("$file")
    case $file in
    *.c | *.h) c+=("$file") code+=("$file") ;;
    *.sh | *.cmake | Makefile | *CMakeLists.txt | .ci/run) code+=("$file") ;;
    esac
done
[ ${#c[@]} -gt 0 ] || { echo "no files found"; exit 1; }

# check WHAT OUTPUT: complains if there is output.
check() {
    [ -z "$2" ] && return
    printf '%s:\n%s\n' "$1" "$2"
    wrong=1
}
check "C files open with the line '/* SPDX-License-Identifier: MIT'" \
    "$(awk 'FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT" { print FILENAME }' "${c[@]}")"
check "scripts say SPDX-License-Identifier: MIT within three lines" \
    "$(for file in "${code[@]}"; do head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"; done)"
check "lines of code have at most 130 columns" \
    "$(LC_ALL=C.UTF-8 awk 'length($0) > 130 { print FILENAME ":" FNR ": " length($0) }' "${code[@]}")"
check "no tabs in C" "$(grep -nP '\t' "${c[@]}" /dev/null)"
check "no white space at the end of a line" "$(grep -nE '[ 	]+$' "${text[@]}" /dev/null)"
check "no carriage returns" "$(grep -lP '\r$' "${text[@]}" /dev/null)"
check "text ends with a newline" "$(for file in "${text[@]}"; do [ -z "$(tail -c 1 "$file")" ] || echo "$file"; done)"
check "files of the libraries and tools stay under 800 lines" \
    "$(printf '%s\n' "${c[@]}" | grep -E '^(src|tools)/' | xargs awk 'FNR == 800 { print FILENAME }')"
check "man/hawser-settings.7 explains every setting" \
    "$(sed -n 's/^    X([A-Z0-9_]*, \([a-z0-9_]*\), [0-9]*, ".*/\1/p' include/hawser/hawser.h |
        while read -r name; do grep -qw -- "$name" man/hawser-settings.7 || echo "$name"; done)"
# The brackets keep this file from finding itself.
check "work that is left over: finish it or write it into docs/ROADMAP.md" \
    "$(grep -nE '\b(TO[D]O|FIX[M]E|XX[X])\b' "${text[@]}" /dev/null)"
elsewhere='(^|[^a-z.])/(wor[k]|tm[p]|roo[t])/|\b(sub-?)?a[g]ents?\b|\bsess[i]ons?\b|language mode[l]'
check "the repository speaks of the project, not of who worked on it, where and how" \
    "$(grep -niE "$elsewhere" "${text[@]}" /dev/null)"
exit $wrong
