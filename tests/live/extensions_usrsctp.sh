#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/extensions_usrsctp.sh BIN_DIR: the extensions, between hawser and usrsctp (Debian's library), over wires between two
# network namespaces. Either side asks for each. tshark judges what went over the wire, and must know every chunk and parameter
# that hawser sent. HAWSER_KEEP is a folder for the captures. Ends with "N passed, N failed"; skipped (77) without root,
# libusrsctp-dev or tshark.
#
# usrsctp 0.9.5 loses messages when streams are added while some are queued, is stuck after it has asked for a reset of all
# numbers or has removed the address that it sends from, and with I-DATA when long ordered and unordered messages are mixed: also
# against itself. So its requests wait until all is at rest, and its last ones are made when there is nothing more to send.
set -u -o pipefail
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$1/../tests/peer-usrsctp" ] || skip "peer-usrsctp is not built (libusrsctp-dev)"
net_needed
live_begin extensions-usrsctp "$1"

usrsctp="usrsctp $(pkg-config --modversion usrsctp), extensions"
port=5000 asks='' answers='' listener='' caller=''
there=10.90.0.2 # addresses of the listener

# asked "LISTENER'S OPTIONS AND MODE" "CALLER'S": who $asks calls, from near; both end as they should. The
# caller answers what comes late until the listener has ended.
asked() {
    port=$((port + 1))
    # shellcheck disable=SC2086
    start listener far "$peers/peer-$answers" --local "$there" --port $port --timeout 60 $1
    listener=$started
    until_line listener.log listening || return 1
    # shellcheck disable=SC2086
    start caller near "$peers/peer-$asks" --local 10.90.0.1 --to 10.90.0.2 --to-port $port --timeout 60 --linger 200000 $2
    caller=$started
    ended "$listener" 0 70 || { cat listener.out; kill_off "$caller"; return 1; }
    kill -TERM "$caller" 2>/dev/null
    ended "$caller" 0 70 || { cat caller.out; return 1; }
}
sent_by() { if [ "$1" = "$asks" ]; then echo '10[.]90[.][01][.]1 '; else echo '10[.]90[.][01][.]2 '; fi; }

# partial "LISTENER'S OPTIONS" "CALLER'S": what is given up is reported; it may have come all the same.
partial() {
    asked "$1 listen sink" "--rto-min 100 --rto-max 3000 --pace 2 $2" || return 1
    note="$(field listener messages) of 400 came, $(field caller unsent) were given up"
    [ $(($(field listener messages) + $(field caller unsent))) -ge 400 ] && return
    echo "$note"
    return 1
}
partial_times() { partial "" "--pr rtx=0 connect source 400000 1000"; }
wire_of_partial_times() { seen "$asks" 192 "FORWARD TSN"; }
partial_timed() { partial "" "--pr ttl=30 connect source 400000 1000"; }
# Messages of three fragments, over four streams.
partial_interleaved() { partial --idata "--idata --stripe 4 --pr rtx=0 connect source 1600000 4000"; }
wire_of_partial_interleaved() {
    wire_of_interleaved && seen "$asks" 194 "I-FORWARD TSN" && unseen "$asks" 192 "FORWARD TSN"
}

# Fragments of four streams by turns.
interleaved() {
    asked "--idata --rcvbuf 4000000 listen sink" \
        "--idata --rcvbuf 4000000 --stripe 4 --scheduler rr connect source 5000000 50000" &&
        [ "$(field listener messages)" -eq 100 ]
}
wire_of_interleaved() { seen "$asks" 64 "I-DATA" && unseen "$asks" 0 "DATA"; }

reconfigured() {
    local all="--do 250:reset-all"
    [ "$asks" = hawser ] || all="--do 300:reset-all"
    asked "--reconfig listen echo" \
        "--reconfig --rest --do 50:reset-out=3,7 --do 100:reset-in=3 --do 150:add=8,8 $all connect talk 4" &&
        peer_says caller 'reset of outgoing streams' 'reset of incoming streams' 'streams 24 out, 24 in: done' 'numbers done' &&
        peer_says listener 'reset of incoming streams' 'reset of outgoing streams' 'streams 24 out, 24 in: done' 'numbers done'
}
wire_of_reconfigured() { seen "$asks" 130 "RE-CONFIG" && seen "$answers" 130 "RE-CONFIG"; }
denied() {
    asked "listen echo" "--reconfig --do 50:reset-out=1 connect talk 5" && peer_says caller 'reset of outgoing streams.* denied'
}
wire_of_denied() { seen "$answers" 130 "RE-CONFIG"; }

authenticated() {
    asked "--auth 0 --key 1=first --key 2=second --do 100:key=2 listen echo" \
        "--auth 0,3 --key 1=first --key 2=second --do 60:key=2 --do 150:retire=1 connect talk 6"
}
wire_of_authenticated() { authenticated_by_both hawser usrsctp; }

# usrsctp leaves it to the system which address it sends from, so both are its own.
moved() {
    local there=10.90.0.2,10.90.1.2
    local steps="--do 50:add-address=10.90.1.1 --do 110:name-primary=10.90.1.1"
    [ "$asks" = usrsctp ] || steps+=" --do 180:remove-address=10.90.0.1"
    asked "--asconf 1 listen echo" "--asconf 1 $steps connect talk 7" &&
        peer_says listener "address 10.90.1.1 added" "address 10.90.1.1 made primary" || return 1
    [ "$asks" = usrsctp ] || peer_says listener "address 10.90.0.1 removed"
}
wire_of_moved() { seen "$asks" 193 "ASCONF" && seen "$answers" 128 "ASCONF ACK"; }

# What a failure leaves behind does not disturb the next.
shown() {
    prove "$1" "$usrsctp" "$asks asks" on_wire "$2" "$2" && return
    for started in "${pids[@]}"; do
        [ "$started" != "$listener" ] && [ "$started" != "$caller" ] || kill_off "$started"
    done
}
lossy() {
    shown "PR: limited retransmissions, loss of 5 %" partial_times
    shown "PR: limited lifetime, loss of 5 %" partial_timed
    shown "PR with I-DATA: limited retransmissions, loss of 5 %" partial_interleaved
}
plainly() {
    shown "I-DATA, round robin" interleaved
    shown "RE-CONFIG: streams reset and added, all numbers reset" reconfigured
    shown "RE-CONFIG: denied" denied
    shown "AUTH of DATA and SACK, keys changed" authenticated
    shown "ASCONF: address added, made primary$([ "$asks" = usrsctp ] || echo ", removed")" moved
}
for asks in hawser usrsctp; do
    answers=$([ $asks = hawser ] && echo usrsctp || echo hawser)
    net_up 1 --delay 5 --loss 5 && lossy
    net_down
    net_up 2 && plainly
    net_down
done
live_end
