#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/usrsctp.sh BIN_DIR: hawser and usrsctp, a stack that was not written here, echo each other's messages; tshark judges
# what went over the wire. Ends with "N passed, N failed"; skipped (77) without the examples of libusrsctp or without tshark.
set -u -o pipefail

peer=/usr/lib/usrsctp
hawser=$(realpath "$1/hawser") || exit 1
[ -x $peer/echo_server ] && [ -x $peer/client ] || { echo "skipped: no $peer/echo_server (libusrsctp-examples)"; exit 77; }
command -v tshark >/dev/null || { echo "skipped: no tshark"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/hawser-usrsctp.XXXXXX") || exit 1
passed=0 failed=0 server=
clean_up() {
    [ -n "$server" ] && kill -9 "$server" && wait "$server"
    rm -rf "$work"
} 2>/dev/null
trap clean_up EXIT
cd "$work" || exit 1

check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name: $*"
        tail -n 5 server.log client.log 2>/dev/null | sed 's/^/    /'
    fi
}
# A UDP port that nobody uses, over IPv4 and IPv6.
used() { cat /proc/net/udp /proc/net/udp6 | grep -qi ":$(printf %04X "$1") "; }
free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)); used $port; do :; done
    echo $port
}
until_used() {
    for _ in $(seq 200); do used "$1" && return; sleep 0.02; done
    echo "nobody opened UDP port $1"
}
stop() {
    kill "-$1" "$server"
    wait "$server" 2>/dev/null
    local status=$?
    server=
    return $status
}
# judge CAPTURE PORT: each packet of the capture is SCTP, well-formed, with a right CRC32c; at least five of them.
judge() {
    local lines
    lines=$(tshark -r "$1" -d "udp.port==$2,sctp" -o sctp.checksum:CRC-32c -T fields -e sctp.checksum.status -e _ws.malformed \
        2>tshark.log) || { echo "tshark cannot read $1: $(cat tshark.log)"; return 1; }
    [ "$(wc -l <<<"$lines")" -ge 5 ] && ! grep -q -v -P '^1\t$' <<<"$lines" && return
    echo "tshark complains of $1:"
    sort <<<"$lines" | uniq -c
    return 1
}

head -c 2000000 /dev/urandom >large
head -c 3000 /dev/urandom >small
printf 'a\0b\377\n' >binary

# ---- hawser calls usrsctp -------------------------------------------------------------------------------------------

ours=$(free_port) theirs=$(free_port)
[ "$ours" != "$theirs" ] || theirs=$((ours + 1))
$peer/echo_server "$theirs" "$ours" >server.log 2>&1 &
server=$!
until_used "$theirs"
run=0
# hawser_calls ADDRESS FILE OPTION...: FILE comes back.
hawser_calls() {
    local address=$1 file=$2
    shift 2
    run=$((run + 1))
    timeout 30 "$hawser" cat --udp "$ours:$theirs" --linger 1 --pcap $run.pcapng "$@" "$address" 7 <"$file" >back 2>client.log ||
        { echo "hawser cat ended with $?"; return 1; }
    cmp "$file" back && judge $run.pcapng "$theirs"
}
check "hawser calls usrsctp: binary" hawser_calls 127.0.0.1 binary
check "hawser calls usrsctp: a message of three packets" hawser_calls 127.0.0.1 small
check "hawser calls usrsctp: unordered, stream 5" hawser_calls 127.0.0.1 binary --stream 5 --ppid 51 --unordered
check "hawser calls usrsctp: 2 MB in messages of 1000 bytes" hawser_calls 127.0.0.1 large --size 1000
check "hawser calls usrsctp: 2 MB in messages of 9000 bytes" hawser_calls 127.0.0.1 large --size 9000
check "hawser calls usrsctp: from one address" hawser_calls 127.0.0.1 binary --bind 127.0.0.1
check "hawser calls usrsctp: from two addresses" hawser_calls 127.0.0.1 small --bind 127.0.0.1 --bind 127.0.0.2
[ -e /proc/net/if_inet6 ] && check "hawser calls usrsctp: IPv6" hawser_calls ::1 binary --bind ::1
stop KILL

# ---- usrsctp calls hawser -------------------------------------------------------------------------------------------

"$hawser" echo --verbose --udp "$ours:$theirs" --pcap echo.pcapng --stats 7 2>server.log &
server=$!
until_used "$ours"
# usrsctp_calls ADDRESS: lines come back. The client ends with its input, so that is kept open for a while.
usrsctp_calls() {
    (seq 1 500; sleep 1) | timeout 30 $peer/client "$1" 7 0 "$theirs" "$ours" >back 2>client.log ||
        { echo "the client ended with $?"; return 1; }
    diff <(seq 1 500) <(grep -x '[0-9]*' back)
}
check "usrsctp calls hawser" usrsctp_calls 127.0.0.1
check "usrsctp calls hawser again" usrsctp_calls 127.0.0.1
[ -e /proc/net/if_inet6 ] && check "usrsctp calls hawser: IPv6" usrsctp_calls ::1
check "hawser ends" stop TERM
check "hawser saw graceful ends only" test "$(grep -c 'ended gracefully' server.log)" -eq "$(grep -c ': from ' server.log)"
check "the wire" judge echo.pcapng "$ours"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
