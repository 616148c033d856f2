#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/interop.sh [BUILD_DIR]: runs the live tests against other stacks and writes docs/INTEROP.md from what they showed. Needs
# root and what scripts/setup.sh ci installs. Status 1 if a test failed or was skipped; the document then says so, too.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
[ -x "$build/bin/hawser" ] || { echo "usage: scripts/interop.sh [BUILD_DIR]; there is no $build/bin/hawser" >&2; exit 2; }

results=$(mktemp) || exit 1
trap 'rm -f "$results"' EXIT
status=0
for test in usrsctp interop_usrsctp kernel extensions_usrsctp extensions_kernel; do
    HAWSER_INTEROP_RESULTS=$results bash "tests/live/$test.sh" "$build/bin" || status=1
done

# One table a peer: features down, directions across, in the order of their first appearance.
tables() {
    awk -F '\t' '
        !(($2, $1) in row) { row[$2, $1] = 1; features[$2] = features[$2] "\t" $1 }
        !(($2, $3) in column) {
            column[$2, $3] = 1
            directions[$2] = $3 ~ /^hawser/ ? "\t" $3 directions[$2] : directions[$2] "\t" $3
        }
        !($2 in seen) { seen[$2] = 1; peers[++count] = $2 }
        { cell[$2, $1, $3] = $4 ($5 == "" ? "" : ": " $5) }
        END {
            for (p = 1; p <= count; p++) {
                peer = peers[p]
                rows = split(substr(features[peer], 2), feature, "\t")
                columns = split(substr(directions[peer], 2), direction, "\t")
                head = "| |"; line = "|---|"
                for (c = 1; c <= columns; c++) { head = head " " direction[c] " |"; line = line "---|" }
                printf "\n## %s\n\n%s\n%s\n", peer, head, line
                for (r = 1; r <= rows; r++) {
                    out = "| " feature[r] " |"
                    for (c = 1; c <= columns; c++) out = out " " cell[peer, feature[r], direction[c]] " |"
                    print out
                }
            }
        }' <(sort -s -t $'\t' -k 2,2 "$results")
}
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
version=$("$build/bin/hawser" --version)
judge=$(tshark --version 2>/dev/null | head -n 1 | sed 's/ *(Git.*//')
{
    cat <<TEXT
# Interoperability

Written by \`scripts/interop.sh\` on $(date -u +%F), for $version as of commit $commit. Do not edit: run it again.

Everything is SCTP in UDP but where raw IP is said. Each cell is a check of \`tests/live\` that also runs in CI: messages are
compared byte by byte, bulk by SHA-256, ends by what both sides report. $judge found every packet
of every capture well-formed and every CRC32c right, and knew every chunk and parameter of hawser's extensions. Bounds are those
of the RFC; the checks allow a second more, and as long as the machine was measured to keep programs from running meanwhile. A
cell is empty where the check does not apply.
TEXT
    tables
} >docs/INTEROP.md || exit 1
echo "docs/INTEROP.md: $(grep -c . "$results") checks, $(cut -f 4 "$results" | grep -c FAILED) failed"
exit $status
