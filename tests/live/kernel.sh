#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/kernel.sh BIN_DIR [SCENARIOS]: hawser against the SCTP of the Linux kernel, which runs in a small virtual machine
# (vm/vm.sh), over UDP: either side connects, sends, aborts, dies and comes back, over links that lose, delay and fail. tshark
# judges what went over the wire. SCENARIOS is a regular expression: echo, abort, stall, bulk, collision, lossy, paths, reborn.
# HAWSER_BULK is the number of bytes of bulk transfers (100,000,000), HAWSER_KEEP a folder for the captures. Ends with "N passed,
# N failed"; skipped (77) without what vm.sh needs.
set -u -o pipefail

# shellcheck source=tests/live/vm/sides.sh
. "$(dirname "${BASH_SOURCE[0]}")/vm/sides.sh"
sides_begin kernel "$1"
bulk=${HAWSER_BULK:-100000000}
port=5000

# ---- scenarios ----------------------------------------------------------------------------------------------------------

# talk_echo WHO SEED: WHO connects and talks, the other side echoes.
talk_echo() {
    listens listener "$(other "$1")" listen echo && calls caller "$1" connect talk "$2" &&
        side_ended caller 0 && side_ended listener 0 || return 1
    note="in $(seconds_of caller 'shut down') s"
}

# bulk_transfer WHO FROM: WHO connects, FROM sends.
bulk_transfer() {
    local source=(source "$bulk" 16384) sender=listener receiver=caller
    if [ "$1" = "$2" ]; then
        sender=caller receiver=listener
        listens listener "$(other "$1")" --rcvbuf 1000000 listen sink && calls caller "$1" connect "${source[@]}"
    else
        listens listener "$(other "$1")" listen "${source[@]}" && calls caller "$1" --rcvbuf 1000000 connect sink
    fi || return 1
    side_ended caller 0 && side_ended listener 0 && same_data $sender $receiver || return 1
    note="in $(seconds_of $receiver 'shut down') s"
}

# abort_by WHO ROLE: WHO aborts, as the one that connects (caller) or not (listener), in the middle of a conversation.
abort_by() {
    local modes=(echo "connect abort 50") ends=(1 0) victim=listener calls=$1
    [ "$2" = listener ] && modes=("abort 10" "connect talk 1") ends=(0 1) victim=caller calls=$(other "$1")
    # shellcheck disable=SC2086
    listens listener "$(other "$calls")" listen ${modes[0]} && calls caller "$calls" ${modes[1]} &&
        side_ended caller "${ends[1]}" && side_ended listener "${ends[0]}" && [ "$(field $victim ended)" = abort ] &&
        grep -q "aborted by peer.*enough of this" $victim.log
}

# The peer of the kernel ends by an ABORT that the link swallows; the kernel would end a killed one's association gracefully. The
# link is mended when the new one has sent its INIT: from then on the kernel says nothing to what still comes for the old one.
dies_unheard() {
    [ -z "${running[$1]}" ] || { kill_off "${running[$1]}"; return; }
    cut_link lk0 && vm_kill "${jobs[$1]}" && vm_kill "${jobs[$1]}" && { vm_wait "${jobs[$1]}" 40; [ $? -eq 1 ]; }
}
comes_back() {
    calls "$1" "$2" --port 4000 --rto-max 1000 connect "${@:3}"
    [ "$2" = hawser ] || { vm_run "until grep -q ' 4000 ' /proc/net/sctp/assocs; do sleep 0.05; done" && mend_link lk0; }
}

# reborn WHO source|sink: the one who connected dies without a word in mid-transfer, with data queued in the one who is the
# source, and connects again from the same port: the other side has a restarted association. What it had begun to send has failed.
# The large window is for Linux 6.1, which delivers nothing any more when the restart comes while it hands out a message in parts
# (seen with usrsctp too).
reborn() {
    local who=$1 first=(sink) calls=(source 50000000 10000) again=(source 1000000 1000) status=0
    [ "$2" = source ] || first=(source 10000000 10000) calls=(sink) again=(sink) status=1
    listens listener "$(other "$who")" --rcvbuf 3000000 listen "${first[@]}" &&
        calls caller "$who" --port 4000 connect "${calls[@]}" && until_line caller.log " up " 40 && carries lk0 500000 &&
        dies_unheard caller && comes_back caller "$who" "${again[@]}" && side_ended caller 0 && side_ended listener $status &&
        [ "$(field listener restarts)" -eq 1 ] && [ "$(field listener ended)" = shutdown ] || return 1
    [ "$2" = sink ] || same_data caller listener
}

# The kernel dies with its peer.
dies() {
    [ -z "${running[$1]}" ] || { kill_off "${running[$1]}"; return; }
    vm_crash && vm_boot
}

# forgotten WHO: the listener dies in mid-transfer and comes back without memory of the one who connected and goes on sending, who
# is told by an ABORT. (By ICMP if the kernel asks before the new listener is there. It does not tell either from other ends.)
forgotten() {
    local who=$1 end=abort
    [ "$who" = hawser ] || end=lost
    listens listener "$(other "$who")" listen sink && calls caller "$who" connect source 50000000 10000 &&
        until_line caller.log " up " 40 && carries lk0 500000 && dies listener &&
        side listener "$(other "$who")" --port $port listen sink && side_ended caller 1 80 &&
        [ "$(field caller ended)" = $end ] || return 1
    [ -z "${running[listener]}" ] || kill_off "${running[listener]}"
}
# Both connect at once: nothing passes until both have sent an INIT, and T1 is the same.
collision() {
    netem lk0 delay 300ms && cut_link lk0
    side first kernel --port 4001 --to 10.77.0.1 --to-port 4002 --rto-max 1000 connect collide &&
        side second hawser --port 4002 --to 10.77.0.2 --to-port 4001 --rto-max 1000 connect collide &&
        until_line first.log listening 40 && until_line second.log listening 40 &&
        vm_run "until grep -q ' 4001 ' /proc/net/sctp/assocs; do sleep 0.05; done" && mend_link lk0 &&
        side_ended first 0 && side_ended second 0
}

# Both at once over the bad link: hawser talks to the kernel's echo, and the kernel to hawser's. Who has sent SHUTDOWN COMPLETE
# cannot know that it arrived: hawser stays until the other side has ended, to answer a SHUTDOWN ACK that comes again (8.4). The
# kernel, which goes on living when its peer has gone, does so anyway.
lossy_options="--rto-min 250 --rto-max 1000"
lossy_begin() {
    netem lk0 delay 5ms 2ms 25% loss "$1%" reorder 5%
    capture lossy any
    # shellcheck disable=SC2086
    listens listener-kernel hawser $lossy_options listen echo && calls caller-kernel kernel $lossy_options connect talk 3
    # shellcheck disable=SC2086
    listens listener-hawser kernel $lossy_options listen echo &&
        calls caller-hawser hawser --udp 9898 --linger 200000 $lossy_options connect talk 4
}
lossy_ended() {
    side_ended "listener-$1" 0 || return 1
    [ -z "${running[caller-$1]}" ] || kill -TERM "${running[caller-$1]}"
    side_ended "caller-$1" 0 && note="in $(seconds_of "caller-$1" 'shut down') s"
}
lossy_judged() {
    capture_end && judge lossy.pcapng 9899
    local result=$?
    keep lossy.pcapng "$live-lossy"
    return $result
}

# stalled WHO: WHO reads nothing for a while; the other side, which connected, has to wait and to ask.
stalled() {
    listens listener "$1" listen stall 4000 && calls caller "$(other "$1")" connect source 3000000 1000 &&
        side_ended caller 0 && side_ended listener 0 && same_data caller listener
}
# The window was closed, and hardly anything was sent into it.
wire_of_stall() {
    local closed repeats
    closed=$(count stall.pcapng 'sctp.sack_a_rwnd < 1000')
    repeats=$(repeated stall.pcapng)
    note="$repeats chunks sent again"
    [ "$closed" -ge 1 ] && [ "$repeats" -le 50 ] || { echo "$closed SACKs with a closed window, $note"; return 1; }
}
# How many DATA chunks a capture has more than once.
repeated() {
    tshark -r "$1" -d udp.port==9899,sctp -o sctp.reassembly:FALSE -Y sctp.data_tsn_raw -T fields -e ip.src -e sctp.srcport \
        -e sctp.data_tsn_raw 2>/dev/null |
        awk '{ n = split($3, tsn, ","); for (i = 1; i <= n; i++) if (seen[$1, $2, tsn[i]]++) r++ } END { print r + 0 }'
}

# ---- all of them --------------------------------------------------------------------------------------------------------

only=${2:-}
wanted() { [ -z "$only" ] || [[ $1 =~ $only ]]; }
# shown FEATURE WHO COMMAND...: WHO connects.
shown() { prove "$1" "$linux" "$2 connects" "${@:3}"; }
of() { [ "$1" = hawser ] && echo hawser || echo "the peer"; }

for who in hawser kernel; do
    if wanted echo; then
        shown "echo, ordered and unordered, 16 streams" $who wire echo talk_echo $who 1
        ipv6=yes
        shown "echo over IPv6" $who wire echo talk_echo $who 2
        ipv6=
    fi
    if wanted abort; then
        shown "abort by the side that connected" $who wire abort abort_by $who caller
        shown "abort by the side that listened" $who wire abort abort_by "$(other $who)" listener
    fi
    if wanted stall; then
        shown "closed window of $(of "$(other $who)")" $who wire stall stalled "$(other $who)"
    fi
    for from in hawser kernel; do
        wanted bulk && shown "bulk of $((bulk / 1000000)) MB from $(of $from)" $who wire bulk bulk_transfer $who $from
    done
done
if wanted collision; then
    shown "INIT collision" hawser wire collision collision
    clear_link lk0
fi
if wanted lossy; then
    for percent in 0.1 1 5; do
        lossy_begin $percent
        for who in hawser kernel; do
            shown "loss of $percent %, delay and reordering" $who lossy_ended $who
        done
        check "the wire with loss of $percent %" lossy_judged
    done
    clear_link lk0
fi
for who in hawser kernel; do
    if wanted paths; then
        shown "two paths, one cut and mended" $who wire paths two_paths $who
        clear_link lk0
        clear_link lk1
    fi
    if wanted reborn; then
        netem lk0 delay 2ms rate 20mbit
        shown "the side that connected dies with data queued, and connects again" $who wire reborn reborn $who source
        shown "the side that connected dies while its peer has data queued, and connects again" $who wire reborn reborn $who sink
        clear_link lk0
    fi
done
# Last, for in one of them the machine is started anew.
for who in kernel hawser; do
    wanted reborn && shown "the side that listened dies with data under way, and listens again" $who wire forgotten forgotten $who
done
live_end
