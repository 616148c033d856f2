#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/extensions_kernel.sh BIN_DIR [SCENARIOS]: the extensions, between hawser and the SCTP of the Linux kernel in its
# virtual machine (vm/vm.sh). Either side asks for each. tshark judges what went over the wire, and must know every chunk and
# parameter that hawser sent. SCENARIOS is a regular expression: pr, idata, reconfig, auth, asconf, noauth, ip, mtu, failing.
# HAWSER_KEEP is a folder for the captures. Ends with "N passed, N failed"; skipped (77) without what vm.sh needs.
set -u -o pipefail

# shellcheck source=tests/live/vm/sides.sh
. "$(dirname "${BASH_SOURCE[0]}")/vm/sides.sh"
sides_begin extensions-kernel "$1"
linux+=", extensions"
port=6000
sent_by() {
    local end=1
    [ "$1" = hawser ] || end=2
    echo "10[.]77[.][01][.]$end( |\$)|fd77:(0|1)?:+$end\$"
}
# A caller that lingers, to answer what comes late, may go as soon as the listener has ended.
both_end() {
    side_ended listener "${2:-0}" || return 1
    [ -z "${running[caller]}" ] || kill -TERM "${running[caller]}" 2>/dev/null
    side_ended caller "${1:-0}"
}
lingers() { [ "$1" != hawser ] || echo --linger 200000; } # the kernel goes on living when its peer has gone

# ---- partial reliability ------------------------------------------------------------------------------------------------

# reported ALL CAME: what did not come was. What was given up may have come all the same, if the SACK was lost.
reported() {
    note+=", $(field caller unsent) were given up"
    [ $(($2 + $(field caller unsent))) -ge "$1" ] || { echo "$note"; return 1; }
}
# partial WHO POLICY...: WHO sends what may be given up, over a link that loses. All that does not arrive is reported,
# but for what the kernel gives up.
partial() {
    local who=$1 came
    shift
    netem lk0 delay 5ms loss 5%
    # shellcheck disable=SC2046
    listens listener "$(other "$who")" listen sink &&
        calls caller "$who" $(lingers "$who") "$@" connect source 400000 1000 && both_end || return 1
    came=$(field listener messages)
    note="$came of 400 came"
    [ "$came" -lt 400 ] && [ "$came" -gt 300 ] || { echo "$note"; return 1; }
    [ "$who" = kernel ] || reported 400 "$came"
}
wire_of_partial() { seen "$1" 192 "FORWARD TSN"; }

# In an outage, nothing that is stale waits for its end: what comes after it is new. A message is sent every 5 ms, or less often
# on a busy machine, and lives for 200.
outage() {
    local who=$1 came sent
    netem lk0 delay 5ms
    listens listener "$(other "$who")" listen sink &&
        calls caller "$who" --rto-min 100 --rto-max 400 --pr ttl=200 --pace 5 connect source 100000000 1000 &&
        until_line caller.log ' up ' && carries lk0 100000 && cut_link lk0 || return 1
    pause 1.5
    mend_link lk0 && carries lk0 100000 && interrupt caller && both_end || return 1
    sent=$(field caller messages) came=$(field listener messages)
    note="$came of $sent came"
    [ "$came" -ge 50 ] && [ "$came" -le $((sent - 50)) ] || { echo "$note"; return 1; }
    [ "$who" = kernel ] || reported "$sent" "$came"
}
wire_of_outage() { seen "$1" 192 "FORWARD TSN"; }

# The receiver does not read, so its window closes and the send buffer fills with messages of less importance. Those give way to
# important ones, all of which come. The kernel does not report what it gives up.
priority() {
    local who=$1 came first
    listens listener "$(other "$who")" --rcvbuf 40000 listen stall 200000 &&
        calls caller "$who" --sndbuf 60000 --pr prio=7 connect source 1000000 1000 &&
        until_line caller.log important 60 && tell listener HUP && both_end || return 1
    came=$(field listener messages)
    first=$(sed -n 's/.* important from message \([0-9]*\) on$/\1/p' caller.log | head -n 1)
    note="$came of 1000 came"
    [ -n "$first" ] && [ "$came" -gt $((1000 - first)) ] && [ "$came" -lt 1000 ] ||
        { echo "$note, important from '$first'"; return 1; }
    [ "$who" = kernel ] || reported 1000 "$came"
}

# ---- I-DATA and schedulers ----------------------------------------------------------------------------------------------

# interleaved WHO: WHO sends over four streams; the scheduler is changed on the way. No message has fragments: Linux 6.1 counts
# them from 0 behind the first, not from 1 (RFC 8260 2.1: the first is 0), so neither side can put the other's together. The
# window is never closed, for the rest of one is filled with a fragment.
interleaved() {
    listens listener "$(other "$1")" --idata --rcvbuf 2000000 listen sink &&
        calls caller "$1" --idata --scheduler priority --stripe 4 --do 1000:scheduler=rr connect source 600000 300 && both_end &&
        [ "$(field listener messages)" -eq 2000 ] &&
        note="no fragments: those of Linux 6.1 are not numbered as RFC 8260 2.1 has it"
}
wire_of_interleaved() { seen "$1" 64 "I-DATA" && unseen "$1" 0 "DATA"; }

# ---- RE-CONFIG ----------------------------------------------------------------------------------------------------------

# reconfigured WHO: WHO asks for all that there is, in the middle of a conversation that goes on as if nothing had happened. Its
# last messages use the streams that were added.
reconfigured() {
    local who=$1
    listens listener "$(other "$who")" --reconfig listen echo &&
        calls caller "$who" --reconfig --do 40:reset-out=3,7 --do 80:reset-in=3 --do 120:add=8,8 --do 180:reset-out \
            --do 220:reset-all connect talk 4 && both_end &&
        peer_says caller 'reset of outgoing streams 3,7 done' 'reset of incoming streams 3 done' 'streams 24 out, 24 in: done' \
            'reset of outgoing streams.* done' 'reset of all numbers done' &&
        peer_says listener 'reset of incoming streams 3,7 done' 'reset of outgoing streams 3 done' 'streams 24 out, 24 in: done'
}
wire_of_reconfigured() { seen "$1" 130 "RE-CONFIG" && seen "$(other "$1")" 130 "RE-CONFIG"; }
# The other side does not permit it.
denied() {
    listens listener "$(other "$1")" listen echo && calls caller "$1" --reconfig --do 50:reset-out=1 connect talk 5 && both_end &&
        peer_says caller 'reset of outgoing streams.* denied'
}

# ---- AUTH ---------------------------------------------------------------------------------------------------------------

# authenticated WHO: both want DATA authenticated, WHO wants SACK, too. Each changes its key in mid-transfer.
authenticated() {
    local who=$1 keys=(--key 1=first --key 2=second)
    listens listener "$(other "$who")" --auth 0 "${keys[@]}" --do 100:key=2 listen echo &&
        calls caller "$who" --auth 0,3 "${keys[@]}" --do 60:key=2 --do 150:retire=1 connect talk 6 && both_end
}
wire_of_authenticated() { authenticated_by_both hawser kernel && authenticated_all "$(other "$1")" 3 "SACK"; }
# Without the same key, nothing is believed.
mistrusted() {
    listens listener "$(other "$1")" --auth 0 --key 1=right --timeout 6 listen sink &&
        calls caller "$1" --auth 0 --key 1=wrong --timeout 3 connect source 1000 1000 && both_end 1 1 &&
        [ "$(field listener messages)" -eq 0 ]
}

# ---- ASCONF -------------------------------------------------------------------------------------------------------------

# moved WHO: WHO gets another address, asks that data be sent there, and gives the old one up, in mid-transfer.
moved() {
    local who=$1 old new
    shift
    old=$(address "$who") new=${old/77.0/77.1}
    listens listener "$(other "$who")" "$@" listen echo &&
        calls caller "$who" "$@" --local "$old" --do 50:add-address="$new" --do 110:name-primary="$new" \
            --do 180:remove-address="$old" connect talk 7 && both_end &&
        peer_says listener "address $new added" "address $new made primary" "address $old removed"
}
wire_of_moved() { seen "$1" 193 "ASCONF" && seen "$(other "$1")" 128 "ASCONF ACK"; }

# ---- raw IP -------------------------------------------------------------------------------------------------------------

plain() {
    listens listener "$(other "$1")" --ip listen echo && calls caller "$1" --ip connect talk 8 && both_end
}

# ---- ECN ----------------------------------------------------------------------------------------------------------------

# The link marks what it would drop.
marked() {
    netem lk0 delay 2ms rate 50mbit loss 3% ecn
    # shellcheck disable=SC2046
    listens listener "$(other "$1")" --ip --ecn listen sink &&
        calls caller "$1" --ip --ecn $(lingers "$1") connect source 4000000 1400 && both_end && same_data caller listener
}
wire_of_marked() { seen "$(other "$1")" 12 "ECNE" && seen "$1" 13 "CWR"; }

# ---- path MTU -----------------------------------------------------------------------------------------------------------

# searched WHO: the path carries less than the interfaces, and nobody says so. WHO finds out how much, to the byte: 1440 is one of
# hawser's sizes, and those of Linux come to it in fewer steps than to others. hawser also finds out when there is room again.
searched() {
    local who=$1 probe=1000
    [ "$who" = hawser ] || probe=5000 # Linux goes no faster
    narrow_link lk0 1440
    listens listener "$(other "$who")" --ip listen sink &&
        calls caller "$who" --ip --rto-min 200 --rto-max 1000 --probe $probe --pace 5 connect source 100000000 4000 &&
        until_line caller.log 'packets of 1440 bytes, and no more' 80 && carries lk0 1000000 || return 1
    mend_link lk0
    if [ "$who" = hawser ]; then
        until_true 40 found_again || return 1
    fi
    interrupt caller && both_end && same_data caller listener || return 1
    note="found after $(seconds_of caller 'packets of 1440 bytes, and no more') s"
}
# hawser begins with that size, too.
found_again() { [ "$(grep -c 'packets of 1500 bytes, and no more' caller.log)" -ge 2 ]; }
wire_of_searched() { seen "$1" 132 "PAD" && seen "$(other "$1")" 5 "HEARTBEAT ACK"; }

# ---- potentially failed -------------------------------------------------------------------------------------------------

# avoided WHO: a path that fails is avoided after the second time-out, when it is far from being given up, and is used again as
# soon as it answers.
avoided() {
    local who=$1 to
    local options=(--ip --rto-min 200 --rto-max 400 --path-max 100 --max 200 --failing 1)
    netem lk0 delay 2ms && netem lk1 delay 2ms
    to=$(address "$(other "$who")")
    listens listener "$(other "$who")" "${options[@]}" --local "$(paths_of "$(other "$who")")" listen sink &&
        calls caller "$who" "${options[@]}" --local "$(paths_of "$who")" --pace 2 connect source 1000000000 2000 &&
        watch "$vm_pid" "${running[caller]:-${running[listener]}}" &&
        until_line caller.log "path $(second "$to") reachable" 40 && carries lk0 300000 && cut_link lk0 &&
        until_true 40 last_said caller "address $to" "potentially failed" && carries lk1 500000 && mend_link lk0 &&
        until_true 40 last_said caller "path $to" reachable && carries lk0 500000 && interrupt caller && both_end &&
        same_data caller listener && watch_end || return 1
    ! grep 'unreachable' caller.log && pauses_in_time listener 800
}

# ---- all of them --------------------------------------------------------------------------------------------------------

only=${2:-}
wanted() { [ -z "$only" ] || [[ $1 =~ $only ]]; }
# shown FEATURE WHO COMMAND...: WHO connects, and asks for it.
shown() {
    local name
    prove "$1" "$linux" "$2 asks" "${@:3}" && return
    # What a failure leaves behind does not disturb the next.
    for name in caller listener; do
        if [ -n "${running[$name]:-}" ]; then kill_off "${running[$name]}"; else vm_kill "${jobs[$name]:-}" KILL; fi
    done >/dev/null 2>&1
}

for who in hawser kernel; do
    if wanted pr; then
        shown "PR: limited retransmissions, loss of 5 %" $who on_wire partial partial $who --pr rtx=0
        shown "PR: limited lifetime, an outage of 1.5 s" $who on_wire outage outage $who
        clear_link lk0
        shown "PR: priorities" $who on_wire priority priority $who
    fi
    if wanted idata; then
        shown "I-DATA, by priority and round robin" $who on_wire interleaved interleaved $who
    fi
    if wanted reconfig; then
        shown "RE-CONFIG: streams reset and added, all numbers reset" $who on_wire reconfigured reconfigured $who
        shown "RE-CONFIG: denied" $who on_wire denied denied $who
    fi
    if wanted auth; then
        shown "AUTH of DATA and SACK, keys changed" $who on_wire authenticated authenticated $who
        shown "AUTH with the wrong key" $who on_wire mistrusted mistrusted $who
    fi
    if wanted asconf; then
        shown "ASCONF: address added, made primary, removed" $who on_wire moved moved $who --asconf 1 --auth 0 --key 1=secret
    fi
    if wanted noauth; then
        vm_run "echo 1 >/proc/sys/net/sctp/addip_noauth_enable"
        shown "ASCONF without AUTH" $who on_wire moved moved $who --asconf 2
        vm_run "echo 0 >/proc/sys/net/sctp/addip_noauth_enable"
    fi
    if wanted ip; then
        shown "raw IP" $who on_wire plain plain $who
        ipv6=yes
        shown "raw IP, IPv6" $who on_wire plain plain $who
        ipv6=
        shown "raw IP, two paths, one cut and mended" $who on_wire paths two_paths $who --ip
        ipv6=yes
        shown "raw IP, IPv6, two paths, one cut and mended" $who on_wire paths two_paths $who --ip
        ipv6=
        clear_link lk1
        shown "raw IP, ECN" $who on_wire marked marked $who
        clear_link lk0
    fi
    if wanted mtu; then
        shown "path MTU: 1440 bytes where the interfaces have 1500, and nobody tells" $who on_wire searched searched $who
        clear_link lk0
    fi
    if wanted failing; then
        shown "two paths, one of them potentially failed, and well again" $who on_wire avoided avoided $who
        clear_link lk0
        clear_link lk1
    fi
done
live_end
