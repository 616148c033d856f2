# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# tests/live/vm/sides.sh, to be sourced by tests of hawser against the kernel in the machine, with lib.sh and vm.sh: peers on
# either side, and what the link between them does. Before they are used: sides_begin and port=NUMBER.

# shellcheck source=tests/live/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/live/vm/vm.sh
. "${BASH_SOURCE[0]%/*}/vm.sh"

# sides_begin NAME BIN_DIR: as live_begin, with the machine, whose kernel is $linux; skips the test if anything is missing.
sides_begin() {
    local missing
    net_needed
    missing=$(vm_missing)
    [ -z "$missing" ] || skip "$missing"
    [ -x "$2/../tests/peer-kernel" ] || skip "peer-kernel is not built here"
    live_begin "$1" "$2"
    trap 'live_clean; vm_down' EXIT
    vm_up || { echo "0 passed, 1 failed"; exit 1; }
    near=$vm_ns
    linux="Linux $vm_kernel (VM)"
}

# ---- sides --------------------------------------------------------------------------------------------------------------

declare -A jobs=() running=()
ipv6='' # not empty: over IPv6
address() {
    local end=1
    [ "$1" = hawser ] || end=2
    [ -n "$ipv6" ] && echo fd77:0::$end || echo 10.77.0.$end
}
other() { [ "$1" = hawser ] && echo kernel || echo hawser; }

# side NAME hawser|kernel ARGUMENT...: a peer in the background; NAME.out and NAME.log are what it says.
side() {
    local name=$1 who=$2
    shift 2
    rm -f "$name.out" "$name.log"
    if [ "$who" = hawser ]; then
        # Its last word may have to wait for room in the socket.
        start "$name" near "$peers/peer-hawser" --timeout 240 --linger 300 "$@"
        running[$name]=$started
    else
        local any=(--local ::)
        [ -n "$ipv6" ] && [[ " $* " != *" --local "* ]] || any=()
        vm_start exec "$peers/peer-kernel" --timeout 240 "${any[@]}" "$@"
        running[$name]=
        jobs[$name]=$vm_job
        ln -s "$(vm_output "$vm_job")" "$name.out"
        ln -s "$(vm_errors "$vm_job")" "$name.log"
    fi
}
# side_ended NAME STATUS [SECONDS]: it ends with that status.
side_ended() {
    local status
    if [ -n "${running[$1]}" ]; then
        ended "${running[$1]}" "$2" "${3:-250}"
        return
    fi
    vm_wait "${jobs[$1]}" "${3:-250}"
    status=$?
    [ $status -eq "$2" ] || { echo "the kernel's peer $1 ended with $status instead of $2: $(tail -n 1 "$1.out")"; return 1; }
}
# tell NAME SIGNAL; interrupt NAME: it shuts down.
tell() { if [ -n "${running[$1]}" ]; then kill -s "$2" "${running[$1]}"; else vm_kill "${jobs[$1]}" "$2"; fi; }
interrupt() { tell "$1" INT; }
# listens NAME WHO ARGUMENT...: the same as side; returns when it listens, on a fresh $port.
listens() {
    local name=$1 who=$2
    shift 2
    port=$((port + 1))
    side "$name" "$who" --port $port "$@"
    until_line "$name.log" listening 40
}
# calls NAME WHO ARGUMENT...: connects to the other side's $port.
calls() {
    local name=$1 who=$2
    shift 2
    side "$name" "$who" --to "$(address "$(other "$who")")" --to-port $port "$@"
}
# same_data SENDER RECEIVER: what was sent came.
same_data() {
    [ -n "$(field "$1" sha256)" ] && [ "$(field "$1" sha256)" = "$(field "$2" sha256)" ] && return
    tail -n 1 "$1.out" "$2.out"
    return 1
}
seconds_of() { sed -n "s/^\([0-9.]*\) $2.*/\1/p" "$1.log" | tail -n 1; }

# ---- the link -----------------------------------------------------------------------------------------------------------

# netem DEVICE OPTION...: both ways of a link; what comes in passes through a device of its own.
netem() {
    local device=$1
    shift
    vm_run "ip link set ifb${device#lk} up
        tc qdisc replace dev ifb${device#lk} root netem limit 10000 $*
        tc qdisc replace dev $device root netem limit 10000 $*
        tc qdisc del dev $device clsact 2>/dev/null
        tc qdisc add dev $device clsact
        tc filter add dev $device ingress pref 2 matchall action mirred egress redirect dev ifb${device#lk}"
}
clear_link() {
    vm_run "tc qdisc del dev $1 clsact; tc qdisc del dev $1 root; tc qdisc del dev ifb${1#lk} root" 2>/dev/null
}
# cut DEVICE: nothing passes, and nobody is told; mend DEVICE. On a link with netem. The files cut_at and mended_at say when.
cut_link() {
    vm_run "tc filter add dev $1 ingress pref 1 matchall action drop &&
        tc filter add dev $1 egress pref 1 matchall action drop && $vm_now" >cut_at
}
mend_link() { vm_run "tc filter del dev $1 ingress pref 1 && tc filter del dev $1 egress pref 1 && $vm_now" >mended_at; }
# shellcheck disable=SC2016
vm_now='echo $((${EPOCHREALTIME/[.,]/} / 1000))'

# narrow_link DEVICE BYTES: larger IP packets vanish, and nobody is told. On a link without netem; mend_link widens it.
narrow_link() {
    local way police
    police="police rate 10gbit burst 10m mtu $(($2 + 14)) conform-exceed drop/continue" # a frame has 14 bytes more
    vm_run "tc qdisc add dev $1 clsact"
    for way in ingress egress; do
        vm_run "tc filter add dev $1 $way pref 1 matchall action $police" || return 1
    done
}
# carries DEVICE BYTES: waits until so many more have passed, either way.
carries() {
    local begin
    begin=$(bytes_of "$1") || return 1
    passed_bytes() { [ "$(bytes_of "$1")" -ge "$2" ]; }
    until_true 80 passed_bytes "$1" $((begin + $2))
}
bytes_of() {
    local name rx tx _
    while read -r name rx _ _ _ _ _ _ _ tx _; do
        [ "$name" != "$1:" ] || echo $((rx + tx))
    done <"/proc/$vm_pid/net/dev"
}

declare -A buffers=([bulk]=192) # for all that passes, should dumpcap not get to run
# wire NAME FUNCTION ARGUMENT...: the scenario, with a capture that is judged, also by the function wire_of_NAME if there is one.
wire() {
    local name=$1 result=0
    shift
    capture "$name" any "${buffers[$name]:-}" || { cat capture.log; return 1; }
    "$@" || result=1
    capture_end && judge "$capture" 9899 || result=1
    [ $result -ne 0 ] || ! declare -F "wire_of_$name" >/dev/null || "wire_of_$name" || result=1
    keep "$capture" "$live-$name"
    rm -f "$capture"
    return $result
}

# ---- two paths ----------------------------------------------------------------------------------------------------------

# paths_of WHO: its addresses on both links.
paths_of() { local one; one=$(address "$1"); echo "$one,$(second "$one")"; }
second() { sed 's/77[.]0/77.1/; s/77:0/77:1/' <<<"$1"; }
short() { sed 's/:0::/::/' <<<"$1"; } # as an address is written

# two_paths WHO OPTION...: WHO connects and sends over two paths, the first of which is cut in mid-transfer and mended.
rto_max=400 path_max=2 heartbeat=500
two_paths_bounds $rto_max $path_max $heartbeat
two_paths() {
    local who=$1 to path
    local options=(--rto-min 200 --rto-max $rto_max --path-max $path_max --heartbeat $heartbeat "${@:2}")
    to=$(address "$(other "$who")") path="path $(short "$to")"
    netem lk0 delay 2ms rate 10mbit && netem lk1 delay 2ms rate 10mbit
    listens listener "$(other "$who")" "${options[@]}" --local "$(paths_of "$(other "$who")")" listen sink &&
        calls caller "$who" "${options[@]}" --local "$(paths_of "$who")" connect source 25000000 10000 &&
        watch "$vm_pid" "${running[caller]:-${running[listener]}}" &&
        until_line caller.log "path $(second "$to") reachable" 40 && carries lk0 500000 &&
        cut_link lk0 && until_true 40 last_said caller "$path" unreachable &&
        mend_link lk0 && until_true 40 last_said caller "$path" reachable || return 1
    netem lk0 delay 2ms rate 200mbit && netem lk1 delay 2ms rate 200mbit # the rest may be quick
    side_ended caller 0 && side_ended listener 0 && same_data caller listener && watch_end &&
        in_time "given up after" "$(cat cut_at)" "$(when caller "$path unreachable")" "${give_up_bound[$who]}" &&
        pauses_in_time listener "${give_up_bound[hawser]}" &&
        in_time "found after" "$(cat mended_at)" "$(when caller "$path reachable")" $find_bound
}
