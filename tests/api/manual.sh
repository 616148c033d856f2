#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/api/manual.sh BIN_DIR: each command has a page that explains the same options and exit statuses as its --help lists, and
# hawser-perf(1) has every name of the JSON that perf writes.
set -u -o pipefail
hawser=$(realpath "${1:?usage: manual.sh BIN_DIR}/hawser") || exit 1
cd "$(dirname "$0")/../.." || exit 1
wrong=0
# same WHAT HELP PAGE: complains if the two are not the same, or nothing.
same() {
    [ -n "$2" ] && [ "$2" = "$3" ] && return
    echo "$1: --help (<) and the page (>) differ"
    diff <(echo "$2") <(echo "$3")
    wrong=1
}
options() { grep -oE -- '(^|[^a-z-])-(-[a-z][a-z-]+|[a-zA-Z0-9]\b)' | sed 's/^[^-]//' | sort -u; }

commands=$("$hawser" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
[ "$(wc -w <<<"$commands")" -ge 6 ] || { echo "hawser --help lists no commands"; exit 1; }
for command in $commands; do
    page=man/hawser-$command.1
    grep -q "^\.BR hawser\\\\*-$command (1)" man/hawser.1 || { echo "hawser(1) does not name hawser-$command(1)"; wrong=1; }
    plain=$(sed 's/\\-/-/g; s/\\f.//g' "$page") || { wrong=1; continue; }
    help=$("$hawser" "$command" --help) || { echo "hawser $command --help fails"; wrong=1; }
    # What begins a line of the help's lists or stands behind some spaces or a comma; in the page what stands behind .TP.
    same "options of $command" "$(sed '/^Settings for --set/,$d' <<<"$help" | grep -E '^ +-|   --' | options)" \
        "$(awk 'tp { print } { tp = /^\.TP/ }' <<<"$plain" | options)"
    same "exit statuses of $command" \
        "$(sed -n '/^Exit status:/,$p' <<<"$help" | grep -oE '(^|[ ,;])[0-9] [a-zA-Z]' | grep -o '[0-9]' | sort -u)" \
        "$(awk '/^\.SH/ { on = /EXIT STATUS/ } on && /^\.B [0-9]$/ { print $2 }' <<<"$plain" | sort -u)"
done

plain=$(sed 's/\\-/-/g; s/\\f.//g' man/hawser-perf.1)
names=$(grep -ohE '\\"[a-z0-9_]+\\": ' tools/perf_show.c | tr -d '\\": ' | sort -u)
[ "$(wc -w <<<"$names")" -ge 30 ] || { echo "tools/perf_show.c: hardly any names"; wrong=1; }
for name in $names; do
    grep -qw -- "$name" <<<"$plain" || { echo "hawser-perf(1) does not explain \"$name\""; wrong=1; }
done
exit $wrong
