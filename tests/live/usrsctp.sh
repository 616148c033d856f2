#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/usrsctp.sh BIN_DIR: hawser and usrsctp, a stack that was not written here, echo each other's messages; tshark judges
# what went over the wire. Ends with "N passed, N failed"; skipped (77) without the examples of libusrsctp or without tshark.
set -u -o pipefail

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
peer=/usr/lib/usrsctp
[ -x $peer/echo_server ] && [ -x $peer/client ] || skip "no $peer/echo_server (libusrsctp-examples)"
command -v tshark >/dev/null || skip "no tshark"
live_begin usrsctp "$1"

head -c 2000000 /dev/urandom >large
head -c 3000 /dev/urandom >small
printf 'a\0b\377\n' >binary

# ---- hawser calls usrsctp -------------------------------------------------------------------------------------------

ours=$(free_port) theirs=$(free_port)
[ "$ours" != "$theirs" ] || theirs=$((ours + 1))
start server $peer/echo_server "$theirs" "$ours"
server=$started
until_true 30 used "$theirs"
run=0
# hawser_calls ADDRESS FILE OPTION...: FILE comes back.
hawser_calls() {
    local address=$1 file=$2
    shift 2
    run=$((run + 1))
    timeout 60 "$hawser" cat --udp "$ours:$theirs" --linger 1 --pcap $run.pcapng "$@" "$address" 7 <"$file" >back 2>client.log ||
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
kill_off "$server"

# ---- usrsctp calls hawser -------------------------------------------------------------------------------------------

start server "$hawser" echo --verbose --udp "$ours:$theirs" --pcap echo.pcapng --stats 7
server=$started
until_true 30 used "$ours"
# usrsctp_calls ADDRESS: lines come back. The client ends with its input, so that is kept open until they have.
usrsctp_calls() {
    : >back
    (seq 1 500; until_line back '^500$' >/dev/null) | timeout 60 $peer/client "$1" 7 0 "$theirs" "$ours" >back 2>client.log ||
        { echo "the client ended with $?"; return 1; }
    diff <(seq 1 500) <(grep -x '[0-9]*' back)
}
check "usrsctp calls hawser" usrsctp_calls 127.0.0.1
check "usrsctp calls hawser again" usrsctp_calls 127.0.0.1
[ -e /proc/net/if_inet6 ] && check "usrsctp calls hawser: IPv6" usrsctp_calls ::1
kill -TERM "$server"
check "hawser ends" ended "$server" 0
check "hawser saw graceful ends only" test "$(grep -c 'ended gracefully' server.log)" -eq "$(grep -c ': from ' server.log)"
check "the wire" judge echo.pcapng "$ours"

live_end
