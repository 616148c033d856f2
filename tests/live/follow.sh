#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/live/follow.sh BIN_DIR: --follow: addresses come and go while data flows (RFC 5061), and nothing of it is lost. Two hosts,
# network namespaces, with two links between them. Needs root.
set -u -o pipefail

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

net_needed
live_begin follow "$1"
net_up 2 || exit 1
for host in "$near" "$far"; do # the first address of a network takes no others with it
    ip netns exec "$host" sysctl -q -w net.ipv4.conf.all.promote_secondaries=1
done
ip -n "$near" addr del 10.90.1.1/24 dev p1
ip -n "$near" addr del fd90:1::1/64 dev p1


# Numbers without end, but for the file `stop`; a little at a time, so that there is a while to change addresses in.
numbers() {
    local from
    for ((from = 0; ; from += 10000)); do
        [ ! -e stop ] || return 0
        seq $from $((from + 9999))
        pause 0.02
    done
}
# One family alone, so that there is no way but those that the test makes; paths that did not answer are soon tried again.
only() { common=(--follow -v --set "$1=0" --set hb_interval=1000000 --set rto_max=2000000); }
# serve ARGUMENT..., on far; send ARGUMENT...: hawser cat on near, with numbers as input (also in `sent`); $client is its pid.
serve() {
    start server far "$hawser" "$@" "${common[@]}"
    server=$started
    until_line server.log "listening on"
}
send() {
    rm -f stop input
    mkfifo input
    : >sent
    : >client.out
    : >client.log
    numbers | tee sent >input &
    near "$hawser" cat "${common[@]}" --udp 0 "$@" <input >client.out 2>client.log &
    client=$!
    pids+=("$client")
}
finish() {
    touch stop
    check "$1: the client ends" ended "$client" 0
}

larger() { [ "$(stat -c %s "$1")" -gt "$2" ]; }
# By more than what may have been under way.
goes_on() { until_true 60 larger "$1" $(($(stat -c %s "$1") + 2000000)); }
# knows LOG ADDRESS STATE: in brackets and with a UDP port, or without.
knows() { until_line "$1" "path [0-9]* to \[*$2[]:0-9]* is $3" 60; }
address() { # HOST add|del "INTERFACE ADDRESS/LENGTH"
    local options=()
    [[ $2 != add || $3 != *::* ]] || options=(nodad)
    ip -n "$1" addr "$2" "${3#* }" dev "${3% *}" "${options[@]}"
}

# moves NAME LOG FILE HOST "INTERFACE ADDRESS/LENGTH" "INTERFACE ADDRESS/LENGTH": the host loses the first address and gets the
# second. LOG is what the other host says, FILE what arrives there or comes back. With an address at the end client.log must say
# that this one of the peer is active, before the first goes.
moves() {
    local name=$1 log=$2 file=$3 host=$4 old=$5 new=$6 old_ip new_ip
    old_ip=${old#* } old_ip=${old_ip%/*} new_ip=${new#* } new_ip=${new_ip%/*}
    check "$name: it flows" goes_on "$file"
    address "$host" add "$new"
    check "$name: the new address is told and tried" knows "$log" "$new_ip" active
    [ -z "${7-}" ] || check "$name: the other end of it answers" knows client.log "$7" active
    address "$host" del "$old"
    check "$name: the old one is taken back" knows "$log" "$old_ip" removed
    check "$name: it goes on" goes_on "$file"
}

# ---- whoever connected moves -------------------------------------------------------------------------------------------

only ipv6
serve cat -l 5000
send 10.90.0.2 5000
moves "another address" server.log server.out "$near" "p0 10.90.0.1/24" "p0 10.90.0.3/24"
moves "another link" server.log server.out "$near" "p0 10.90.0.3/24" "p1 10.90.1.1/24" 10.90.1.2
finish "another address and link"
check "... the listener ends" ended "$server" 0
check "... nothing is lost" cmp sent server.out
address "$near" add "p0 10.90.0.1/24"
address "$near" del "p1 10.90.1.1/24"

only ipv4
serve cat -l 5000
send fd90::2 5000
moves "IPv6" server.log server.out "$near" "p0 fd90::1/64" "p0 fd90::3/64"
finish "IPv6"
check "... the listener ends" ended "$server" 0
check "... nothing is lost" cmp sent server.out

# ---- the old one goes before there is a new one ------------------------------------------------------------------------

only ipv6
serve cat -l 5000
send 10.90.0.2 5000
check "a gap: it flows" goes_on server.out
address "$near" del "p0 10.90.0.1/24"
pause 0.1
address "$near" add "p0 10.90.0.4/24"
check "a gap: the new address is told and tried" knows server.log 10.90.0.4 active
check "a gap: the old one is taken back" knows server.log 10.90.0.1 removed
check "a gap: it goes on" goes_on server.out
finish "a gap"
check "... the listener ends" ended "$server" 0
check "... nothing is lost" cmp sent server.out

# ---- who serves moves --------------------------------------------------------------------------------------------------

serve echo 7
send --linger 1 10.90.0.2 7
moves "echo" client.log client.out "$far" "p0 10.90.0.2/24" "p0 10.90.0.5/24"
finish "echo"
check "echo: all comes back" cmp sent client.out
kill -INT "$server"
check "echo: the server ends" ended "$server" 0

serve discard 9
send 10.90.0.5 9
moves "discard" client.log sent "$far" "p0 10.90.0.5/24" "p0 10.90.0.2/24"
finish "discard"
kill -INT "$server"
check "discard: the server ends" ended "$server" 0

# ---- perf --------------------------------------------------------------------------------------------------------------

# Figures of data that the server has received.
intervals() { grep -c '"interval".*"bytes": [1-9]' client.out; }
flows_again() { local count; count=$(intervals); until_true 60 more_intervals $((count + 3)); }
more_intervals() { [ "$(intervals)" -gt "$1" ]; }
answered() { [ "$(grep -a -s -o '| ASCONF-ACK \[serial [0-9]*' trace | sort -u | wc -l)" -ge "$1" ]; }

serve perf -s
start client near "$hawser" perf -c "${common[@]}" --udp 0 --json --rate 4M --size 1000 --time 600 --interval 0.2 --trace trace \
    10.90.0.2
client=$started
check "perf: it flows" flows_again
address "$near" add "p0 10.90.0.1/24"
check "perf: the new address is told" until_true 60 answered 1
address "$near" del "p0 10.90.0.4/24"
check "perf: the old one is taken back" until_true 60 answered 2
check "perf: it goes on" flows_again
kill -INT "$client"
check "perf: the client ends" ended "$client" 0
check "perf: all of it arrived" grep -q '"whole": true' client.out
kill -INT "$server"
check "perf: the server ends" ended "$server" 0

near "$hawser" cat --follow --bind 10.90.0.1 10.90.0.2 5000 </dev/null 2>client.log
check "not with --bind" test $? -eq 1
check "... and it says so" grep -q "follow.*not with --bind" client.log

live_end
