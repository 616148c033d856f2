#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/interop_usrsctp.sh BIN_DIR [hawser|usrsctp]: hawser and usrsctp (Debian's library), over wires between two network
# namespaces that lose, delay and fail; tshark judges what went over them. The second argument is who connects; without
# it, either is run, side by side. Each call of `prove` is a line of docs/INTEROP.md. Ends with "N passed, N failed"; skipped (77)
# without root, libusrsctp-dev or tshark.
set -u -o pipefail
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$1/../tests/peer-usrsctp" ] || skip "peer-usrsctp is not built (libusrsctp-dev)"
net_needed

live_begin interop-usrsctp "$1"
if [ -z "${2:-}" ]; then
    cd "$OLDPWD" || exit 1
    bash "$0" "$1" hawser >"$work/hawser.said" &
    pids+=($!)
    bash "$0" "$1" usrsctp >"$work/usrsctp.said"
    wait $!
    for connects in hawser usrsctp; do
        head -n -1 "$work/$connects.said"
        last=$(tail -n 1 "$work/$connects.said")
        [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || { echo "$connects: no end: $last"; exit 1; }
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    done
    live_end
    exit
fi
connects=$2 listens=$([ "$2" = hawser ] && echo usrsctp || echo hawser)

here=10.90.0.1 there=10.90.0.2 # the connecting side is near
listener='' connector=''       # process ids
both=(--timeout 200)           # options of either side

# listen "OPTIONS" MODE [ARGUMENT]...; connect the same.
listen() {
    # shellcheck disable=SC2086
    start listener far "$peers/peer-$listens" --local $there "${both[@]}" $1 listen "${@:2}"
    listener=$started
    until_line listener.log listening
}
connect() {
    # shellcheck disable=SC2086
    start connector near "$peers/peer-$connects" --local $here --to $there "${both[@]}" $1 connect "${@:2}"
    connector=$started
}
# listener_ends STATUS TEXT...: its result line has each text; the same for the connector.
ends_with() {
    ended "$2" "$3" 210 || { cat "$1.out"; return 1; }
    peer_says "$1" "${@:4}"
}
listener_ends() { ends_with listener "$listener" "$@"; }
connector_ends() { ends_with connector "$connector" "$@"; }
# A connector that lingers, to answer what comes late, may go as soon as the listener has ended.
both_end() {
    listener_ends "$@" || return 1
    kill -TERM "$connector" 2>/dev/null
    connector_ends "$@"
}
same_bytes() {
    [ "$(field listener sha256)" = "$(field connector sha256)" ] && return
    echo "not the same bytes"
    cat listener.out connector.out
    return 1
}

# captured COMMAND...: tshark looks at all packets. In folder HAWSER_KEEP, if there is one, captures stay.
declare -A buffers=([bulk_out]=192 [bulk_in]=192) # for all that passes, should dumpcap not get to run
captured() {
    local status
    capture wire any "${buffers[$1]:-}" || return 1
    "$@"
    status=$?
    capture_end && judge wire.pcapng 9899 || status=1
    keep wire.pcapng "$1-$connects"
    return $status
}
# on_net "PATHS OPTION..." COMMAND...: over a network of its own.
on_net() {
    local status
    # shellcheck disable=SC2086
    net_up $1 && "${@:2}"
    status=$?
    net_down
    return $status
}

# ---- what is shown ------------------------------------------------------------------------------------------------------

echo_of() { listen "" echo && connect "--linger 5000" talk "$1" && both_end 0 ended=shutdown; }
echo_back() { listen "" talk "$1" && connect "--linger 5000" echo && both_end 0 ended=shutdown; }
echo_ipv6() { here=fd90:0::1 there=fd90:0::2 echo_of 3; }
bulk_out() { listen "" sink && connect "" source 100000000 10000 && both_end 0 bytes=100000000 && same_bytes; }
bulk_in() { listen "" source 100000000 10000 && connect "" sink && both_end 0 bytes=100000000 && same_bytes; }
told='ended=abort by.peer:.*enough.of.this'
# shellcheck disable=SC2086
connector_aborts() { listen "" echo && connect "" abort 20 && connector_ends 0 ended=abort && listener_ends 1 $told; }
# shellcheck disable=SC2086
listener_aborts() { listen "" abort 10 && connect "" talk 4 && listener_ends 0 ended=abort && connector_ends 1 $told; }

# The window stays closed for longer than the association bears silence: probes that are answered are no errors (6.1). On a busy
# machine a peer may be silent for a second, which must not be its end. Little is queued at the end, for T5 (9.2) is
# five times RTO.Max, and usrsctp's runs while the rest is sent.
patience="--rto-min 50 --rto-max 400 --max 4 --path-max 4 --sndbuf 500000"
closed_window() {
    listen "$patience" stall 4000 && connect "$patience" source 8000000 10000 && both_end 0 bytes=8000000 && same_bytes
}
closed_window_back() {
    listen "$patience" source 8000000 10000 && connect "$patience" stall 4000 && both_end 0 bytes=8000000 && same_bytes
}

# The host of one side dies, with data queued on both: the reader does not read, the sender cannot send. Its wire is cut, so that
# nobody tells the other. dies PID
queued="--rto-min 100 --rto-max 300 --max 50 --path-max 50"
dies() {
    until_line connector.log ' up ' && until_true 30 stuffed || return 1
    wire_signal 0 USR1
    kill_off "$1"
}
# back near|far: the wire is mended when somebody is there, or the network would say that nobody is.
back() { until_true 30 "$1" grep -q ':26AB ' /proc/net/udp && wire_signal 0 USR2; }
# Nothing moves any more for want of window.
stuffed() {
    local before after
    before=$(near cat /sys/class/net/p0/statistics/tx_bytes)
    pause 0.15
    after=$(near cat /sys/class/net/p0/statistics/tx_bytes)
    [ $((after - before)) -lt 10000 ]
}
# It comes back from the same port and begins anew, before its peer reads, which learns that it restarted; what came before does
# not count.
connector_restarts() {
    listen "$queued" stall 200000 && connect "$queued --port 5000" source 20000000 10000 && dies "$connector" &&
        connect "--rto-min 100 --port 5000 --linger 5000" source 1000000 1000 && back near &&
        until_line connector.log ' up ' && kill -HUP "$listener" &&
        listener_ends 0 ended=shutdown restarts=1 bytes=1000000 && kill -TERM "$connector" && connector_ends 0 && same_bytes
}
# The same for the side that listened: now it connects, while its peer has much to send. What was under way to the old one failed.
listener_restarts() {
    listen "$queued" stall 200000 && connect "$queued --port 5000 --linger 5000" source 20000000 10000 &&
        dies "$listener" || return 1
    # shellcheck disable=SC2086
    start listener far "$peers/peer-$listens" --local $there --to $here "${both[@]}" --port 7 --to-port 5000 $queued connect sink
    listener=$started
    back far && listener_ends 0 ended=shutdown && kill -TERM "$connector" && connector_ends 1 ended=shutdown restarts=1
}
# Sometimes usrsctp sends DATA before its COOKIE ACK, since one of its threads sends while another restarts the association; that
# DATA is refused (5.1), and usrsctp has no timer for it, ever. That is its own affair: it gets four tries.
listener_restarts_at_last() {
    local try both=(--timeout 15)
    for try in 1 2 3; do
        [ "$connects" = usrsctp ] || break
        listener_restarts && return
        kill_off "$listener"
        kill_off "$connector"
        wire_signal 0 USR2
        note="at try $((try + 1)): usrsctp had sent DATA before its COOKIE ACK, and never again"
    done
    both=(--timeout 200)
    listener_restarts
}
# It comes back as one who knows nothing: packets of the old association are out of the blue there (8.4), the sender is told.
listener_forgets() {
    listen "$queued" stall 200000 && connect "$queued" source 20000000 10000 && dies "$listener" && listen "" echo &&
        back far && connector_ends 1 ended=abort 'aborted by peer' && kill -TERM "$listener" && listener_ends 1
}

# Both call each other. The wire stands still until both have sent their INIT, so these cross.
sent_some() { [ "$("$1" awk '$1 == "Udp:" { n = $5 } END { print n }' /proc/net/snmp)" -gt 0 ]; }
collision() {
    wire_signal 0 STOP
    start listener far "$peers/peer-$listens" --port 5000 --to-port 5001 --local $there --to $here "${both[@]}" listen collide
    listener=$started
    until_line listener.log listening || return 1
    start connector near "$peers/peer-$connects" --port 5001 --to-port 5000 --local $here --to $there "${both[@]}" connect collide
    connector=$started
    until_true 30 sent_some near && until_true 30 sent_some far && wire_signal 0 CONT || return 1
    both_end 0 ended=shutdown restarts=0 messages=10 || return 1
    capture_end && [ "$(count wire.pcapng 'sctp.chunk_type == 1 && ip.src == 10.90.0.1')" -ge 1 ] &&
        [ "$(count wire.pcapng 'sctp.chunk_type == 1 && ip.src == 10.90.0.2')" -ge 1 ] || { echo "no collision"; return 1; }
}

lossy() {
    local options="--rto-min 100 --rto-max 1000"
    listen "$options" echo && connect "$options --linger 200000" talk 5 && both_end 0 ended=shutdown || return 1
    wire_signal 0 TERM
    until_line wire0.out ' lost [1-9]' && note="in $(sed -n 's/^\([0-9.]*\) shut down$/\1/p' listener.log) s"
}

# The primary path is cut in mid-transfer, silently, and mended.
rto_max=400 path_max=2 heartbeat=400
two_paths_bounds $rto_max $path_max $heartbeat
two_paths() {
    local here=10.90.0.1,10.90.1.1 there=10.90.0.2,10.90.1.2 cut mended
    local options="--rto-min 100 --rto-max $rto_max --path-max $path_max --max 30 --heartbeat $heartbeat --rcvbuf 131072"
    options+=" --sndbuf 200000"
    listen "$options" sink && connect "$options --linger 200000 --pace 10" source 1000000000 10000 &&
        watch "$listener" "$connector" "${wires[@]}" && until_line connector.log ' up ' || return 1
    pause 0.4
    cut=$(now_ms)
    wire_signal 0 USR1
    until_true 30 last_said connector 'path 10.90.0.2' unreachable || return 1
    mended=$(now_ms)
    wire_signal 0 USR2
    until_true 30 last_said connector 'path 10.90.0.2' reachable || return 1
    pause 0.4
    kill -INT "$connector" # it has sent enough
    both_end 0 unsent=0 && same_bytes && watch_end || return 1
    in_time "given up after" "$cut" "$(when connector 'path 10.90.0.2 unreachable')" "${give_up_bound[$connects]}" &&
        pauses_in_time listener "${give_up_bound[hawser]}" &&
        in_time "found after" "$mended" "$(when connector 'path 10.90.0.2 reachable')" $find_bound
}

# ---- all of it ----------------------------------------------------------------------------------------------------------

# What a failure leaves behind does not disturb the next.
shown() {
    prove "$1" "usrsctp $(pkg-config --modversion usrsctp)" "$connects connects" "${@:2}" && return
    for started in "${pids[@]}"; do
        [ "$started" != "$listener" ] && [ "$started" != "$connector" ] || kill_off "$started"
    done
}
of() { [ "$1" = hawser ] && echo hawser || echo "the peer"; }
plainly() {
    shown "echo, ordered and unordered, 16 streams" echo_of 1
    shown "echo for the side that listened" echo_back 2
    shown "echo over IPv6" echo_ipv6
    shown "abort by the side that connected" connector_aborts
    shown "abort by the side that listened" listener_aborts
    shown "closed window of $(of "$listens")" closed_window
    shown "closed window of $(of "$connects")" closed_window_back
    shown "the side that connected dies with data queued, and connects again" connector_restarts
    shown "the side that listened dies with data queued, and connects" listener_restarts_at_last
    shown "the side that listened dies with data queued, and listens again" listener_forgets
}
on_net 1 check "the wire" captured plainly
on_net 1 shown "bulk of 100 MB from $(of "$connects")" captured bulk_out
on_net 1 shown "bulk of 100 MB from $(of "$listens")" captured bulk_in
on_net 1 shown "INIT collision" captured collision
for percent in 0.1 1 5; do
    on_net "1 --seed 3 --delay 2 --late 2 --loss $percent" shown "loss of $percent %, delay and reordering" captured lossy
done
on_net "2 --delay 10" shown "two paths, one cut and mended" captured two_paths
live_end
