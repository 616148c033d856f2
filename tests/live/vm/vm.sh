# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# tests/live/vm/vm.sh, to be sourced: a Linux kernel with SCTP in a virtual machine, for hosts whose own kernel has none. It is
# Debian's User-Mode Linux, a kernel that runs as a process: no hardware support and no image, for its root file system is the
# host's, read-only. Programs of the host run in it under the same paths.
#
#   vm_missing          prints what is missing to run it, if anything is
#   vm_up               boots it, in some seconds; $vm_ns is the network namespace of the host's side, $vm_kernel its version
#   vm_run COMMAND...   runs a command line in the machine: its output, its errors, its exit status
#   vm_start COMMAND... the same in the background; sets $vm_job
#   vm_output JOB, vm_errors JOB   the files with what it has written so far
#   vm_wait JOB [SECONDS]          waits for its end (240 s): its exit status; 124: it did not end
#   vm_kill JOB [SIGNAL]           sends a signal to it and its children (TERM)
#   vm_crash            the machine stops as without power; vm_boot starts it again in the same network
#   vm_down             ends the machine and takes the namespace away; to be called in a trap
#
# The network, nothing of which leaves the namespace, where `ip netns exec $vm_ns PROGRAM` runs a program of the host's side:
#
#   lk0 10.77.0.1 fd77:0::1  <->  10.77.0.2 fd77:0::2 lk0 of the machine
#   lk1 10.77.1.1 fd77:1::1  <->  10.77.1.2 fd77:1::2 lk1
#
# Several may run at once. When the shell is killed, a guard ends the machine and all that runs in the namespace.

vm_folder=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
vm_state='' vm_ns='' vm_kernel='' vm_job='' vm_jobs=0 vm_pid='' vm_console=''

vm_missing() {
    [ "$(id -u)" -eq 0 ] || { echo "network namespaces need root"; return; }
    [ -c /dev/net/tun ] || { echo "no /dev/net/tun"; return; }
    [ -x /usr/bin/linux.uml ] || { echo "no User-Mode Linux (package user-mode-linux)"; return; }
    local program
    for program in ip tc ethtool insmod; do
        command -v $program >/dev/null || { echo "no program $program (packages iproute2, ethtool, kmod)"; return; }
    done
}

# vm_until SECONDS COMMAND...: waits until the command succeeds.
vm_until() {
    local end=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        read -r -t 0.01 <>"$vm_state/never"
    done
    return 0
}

# What nobody is left to take away, should the shell die without a word.
vm_guard() {
    exec {vm_console}>&- {vm_never}<>"$vm_state/never"
    while [ -d "$vm_state" ] && [ -e /proc/$$ ]; do
        read -r -t 1 <&"$vm_never"
    done
    [ -d "$vm_state" ] || return
    ip netns pids "$vm_ns" | xargs -r kill -KILL
    ip netns del "$vm_ns"
    rm -rf "$vm_state"
}

vm_up() {
    local i
    vm_state=$(mktemp -d "${TMPDIR:-/tmp}/hawser-vm.XXXXXX") || return 1
    mkdir "$vm_state/share" && mkfifo "$vm_state/console" "$vm_state/never" || return 1
    # Its input, opened for reading, too, because opening for writing alone would wait.
    exec {vm_console}<>"$vm_state/console"
    vm_ns=hawser-$$
    ip netns del $vm_ns 2>/dev/null
    ip netns add $vm_ns && ip -n $vm_ns link set lo up || return 1
    (trap '' INT TERM HUP; vm_guard) </dev/null >/dev/null 2>&1 &
    disown
    for i in 0 1; do
        ip -n $vm_ns tuntap add lk$i mode tap
        ip netns exec $vm_ns sh -c "echo 0 >/proc/sys/net/ipv6/conf/lk$i/accept_dad"
        ip -n $vm_ns addr add 10.77.$i.1/24 dev lk$i
        ip -n $vm_ns addr add fd77:$i::1/64 dev lk$i nodad
        ip -n $vm_ns link set lk$i up || return 1
        # Trains of packets are cut before a capture sees them.
        ip netns exec $vm_ns ethtool -K lk$i gso off >/dev/null
    done
    vm_boot
}

vm_boot() {
    local memory=256 ram=/dev/shm room vectors=() i
    # User-Mode Linux keeps its memory in a file. Containers often have a small /dev/shm.
    room=$(df -m --output=avail /dev/shm 2>/dev/null | tail -n 1)
    [ "${room:-0}" -gt $((memory + 64)) ] || ram=$vm_state
    for i in 0 1; do
        vectors+=("vec$i:transport=tap,ifname=lk$i,mac=02:68:77:73:00:0$i,depth=128")
    done
    rm -f "$vm_state/share/ready"
    TMPDIR=$ram setsid ip netns exec $vm_ns /usr/bin/linux.uml root=/dev/root rootfstype=hostfs rootflags=/ ro quiet \
        init="$vm_folder/init" hawser-share="$vm_state/share" mem=${memory}M panic=-1 umid=hawser uml_dir="$vm_state/" \
        con=null con0=fd:0,fd:1 ssl=null "${vectors[@]}" <"$vm_state/console" {vm_console}>&- >"$vm_state/console.log" 2>&1 &
    vm_pid=$!
    disown
    vm_booted() { [ -s "$vm_state/share/ready" ] || [ ! -e /proc/$vm_pid ]; }
    vm_until 120 vm_booted
    vm_kernel=$(cat "$vm_state/share/ready" 2>/dev/null)
    [ -n "$vm_kernel" ] && return
    echo "the virtual machine did not start:"
    tail -n 20 "$vm_state/console.log"
    return 1
}

vm_start() {
    vm_jobs=$((vm_jobs + 1))
    vm_job=$vm_jobs
    echo "$*" >"$vm_state/share/$vm_job.sh"
    echo $vm_job >&"$vm_console"
}
vm_output() { echo "$vm_state/share/$1.out"; }
vm_errors() { echo "$vm_state/share/$1.err"; }
vm_wait() {
    vm_until "${2:-240}" test -s "$vm_state/share/$1.status" || return 124
    return "$(cat "$vm_state/share/$1.status")"
}
vm_run() {
    vm_start "$@"
    local job=$vm_job status
    vm_wait "$job"
    status=$?
    cat "$(vm_output "$job")"
    cat "$(vm_errors "$job")" >&2
    return $status
}
vm_kill() {
    vm_until 20 test -s "$vm_state/share/$1.group" && vm_run kill "-${2:-TERM}" -- "-$(cat "$vm_state/share/$1.group")"
}

vm_crash() {
    vm_gone() { ! kill -0 -- "-$vm_pid" 2>/dev/null; }
    kill -KILL -- "-$vm_pid" 2>/dev/null # with its helpers: it has a process group of its own
    vm_until 5 vm_gone
    vm_pid=
}

vm_down() {
    [ -n "$vm_state" ] || return
    [ -z "$vm_pid" ] || vm_crash
    exec {vm_console}>&-
    [ -z "$vm_ns" ] || ip netns del "$vm_ns" 2>/dev/null
    rm -rf "$vm_state"
    vm_state='' vm_ns=''
}
