#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/demo.sh [PROGRAM]: a listener and a sender on loopback; a file of random bytes crosses an SCTP association over UDP, its
# messages spread over eight streams, and is compared by its hash. DEMO_MB sets the size (default 100). Fails if anything does.
set -u -o pipefail

cd "$(dirname "$0")/.." || exit 1
hawser=${1:-build/bin/hawser}
megabytes=${DEMO_MB:-100}
streams=8
port=5001 # SCTP; each side has a free UDP port of its own, so nothing can clash
listener=

[ -x "$hawser" ] || { echo "demo: $hawser is not there: run make first" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/hawser-demo.XXXXXX") || exit 1
clean_up() {
    [ -n "$listener" ] && kill -9 "$listener" 2>/dev/null && wait "$listener" 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
fail() {
    echo "demo: FAILED: $*" >&2
    [ -s "$work/listener.log" ] && sed 's/^/  listener: /' "$work/listener.log" >&2
    exit 1
}

echo "demo: making a file of $megabytes MB"
head -c "${megabytes}000000" /dev/urandom >"$work/sent" || fail "cannot write $work/sent"

"$hawser" cat -l --no-input --stripe --streams $streams --udp 0 --bind 127.0.0.1 --verbose --stats $port \
    >"$work/received" 2>"$work/listener.log" </dev/null &
listener=$!
for _ in $(seq 100); do
    udp=$(sed -n 's/.*listening on SCTP port [0-9]*, UDP port \([0-9]*\)$/\1/p' "$work/listener.log")
    [ -n "$udp" ] && break
    kill -0 "$listener" 2>/dev/null || fail "the listener ended"
    sleep 0.05
done
[ -n "$udp" ] || fail "the listener does not listen"

echo "demo: sending it to 127.0.0.1, SCTP port $port over UDP port $udp, over $streams streams"
timeout 60 "$hawser" cat --stripe --streams $streams --udp "0:$udp" --bind 127.0.0.1 --progress --stats 127.0.0.1 $port \
    <"$work/sent"
status=$?
[ $status -eq 0 ] || fail "the sender ended with status $status"
wait "$listener"
status=$?
listener=
[ $status -eq 0 ] || fail "the listener ended with status $status"

sent=$(sha256sum <"$work/sent") received=$(sha256sum <"$work/received")
echo "demo: sent      ${sent%% *}"
echo "demo: received  ${received%% *}"
[ "$sent" = "$received" ] || fail "the files differ: $(wc -c <"$work/received") of $(wc -c <"$work/sent") bytes arrived"
sed -n '/^sent\|^goodput/s/^/demo: listener: /p' "$work/listener.log"
echo "demo: passed: $megabytes MB arrived whole and in order"
