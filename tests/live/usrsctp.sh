#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/usrsctp.sh BIN_DIR: hawser's tools and Debian's examples of usrsctp, which were not written here, echo each other's
# messages; tshark judges what went over the wire. Each call of `shown` is a line of docs/INTEROP.md. Ends with "N passed, N
# failed"; skipped (77) without the examples of libusrsctp or without tshark.
set -u -o pipefail

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
programs=/usr/lib/usrsctp
[ -x $programs/echo_server ] && [ -x $programs/client ] || skip "no $programs/echo_server (libusrsctp-examples)"
command -v tshark >/dev/null || skip "no tshark"
live_begin usrsctp "$1"
examples="usrsctp $(dpkg-query -W -f '${source:Upstream-Version}' libusrsctp-examples 2>/dev/null), Debian's examples"
# shown CONNECTS FEATURE COMMAND...
shown() { prove "$2" "$examples" "$1 connects" "${@:3}"; }

head -c 2000000 /dev/urandom >large
head -c 3000 /dev/urandom >small
printf 'a\0b\377\n' >binary

# ---- hawser calls usrsctp -------------------------------------------------------------------------------------------

ours=$(free_port) theirs=$(free_port)
[ "$ours" != "$theirs" ] || theirs=$((ours + 1))
start server $programs/echo_server "$theirs" "$ours"
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
shown hawser "echo of 5 bytes, of any value" hawser_calls 127.0.0.1 binary
shown hawser "echo of a message of three packets" hawser_calls 127.0.0.1 small
shown hawser "echo, unordered, on stream 5" hawser_calls 127.0.0.1 binary --stream 5 --ppid 51 --unordered
shown hawser "echo of 2 MB in messages of 1000 bytes" hawser_calls 127.0.0.1 large --size 1000
shown hawser "echo of 2 MB in messages of 9000 bytes" hawser_calls 127.0.0.1 large --size 9000
shown hawser "echo from one address" hawser_calls 127.0.0.1 binary --bind 127.0.0.1
shown hawser "echo from two addresses" hawser_calls 127.0.0.1 small --bind 127.0.0.1 --bind 127.0.0.2
[ -e /proc/net/if_inet6 ] && shown hawser "echo over IPv6" hawser_calls ::1 binary --bind ::1
kill_off "$server"

# ---- usrsctp calls hawser -------------------------------------------------------------------------------------------

start server "$hawser" echo --verbose --udp "$ours:$theirs" --pcap echo.pcapng --stats 7
server=$started
until_true 30 used "$ours"
# usrsctp_calls ADDRESS: lines come back. The client ends with its input, so that is kept open until they have.
usrsctp_calls() {
    : >back
    (seq 1 500; until_line back '^500$' >/dev/null) | timeout 60 $programs/client "$1" 7 0 "$theirs" "$ours" >back 2>client.log ||
        { echo "the client ended with $?"; return 1; }
    diff <(seq 1 500) <(grep -x '[0-9]*' back)
}
shown usrsctp "echo of 500 lines" usrsctp_calls 127.0.0.1
shown usrsctp "echo of 500 lines, again" usrsctp_calls 127.0.0.1
[ -e /proc/net/if_inet6 ] && shown usrsctp "echo over IPv6" usrsctp_calls ::1
kill -TERM "$server"
check "hawser ends" ended "$server" 0
check "hawser saw graceful ends only" test "$(grep -c 'ended gracefully' server.log)" -eq "$(grep -c ': from ' server.log)"
check "the wire" judge echo.pcapng "$ours"

live_end
