#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bench/run.sh BUILD [full|quick|smoke]: measures hawser beside usrsctp and beside what the machine can do, prints a table and
# writes BUILD/bench.json, one flat object from name to number. BENCH, an extended regular expression, chooses by name. Stacks
# take turns; a figure is the median of its repetitions, over simulated links the mean of several seeds. Instructions come from
# the processor's counter, or from callgrind where that is refused. What is slow or long with usrsctp runs in `full` alone, and
# `smoke` measures as little as the guard (bench/guard.sh) needs.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1

build=${1:?usage: bench/run.sh BUILD [full|quick|smoke]}
mode=${2:-full}
only=${BENCH:-.}
case $mode in full | quick | smoke) ;; *) echo "usage: bench/run.sh BUILD [full|quick|smoke]" >&2; exit 2 ;; esac
# by_mode FULL QUICK SMOKE: the one that counts now.
by_mode() { case $mode in full) echo "$1" ;; quick) echo "$2" ;; smoke) echo "$3" ;; esac; }

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
samples=$scratch/samples # lines of "PREFIX STACK METRIC VALUE"
: > "$samples"

stacks="hawser usrsctp"
[ -x "$build/bin/bench-hawser" ] || { echo "$build/bin/bench-hawser is missing: make bench builds it" >&2; exit 1; }
[ -x "$build/bin/bench-usrsctp" ] || stacks=hawser
has_usrsctp() { [ "$stacks" != hawser ]; }

counter=none
command -v valgrind > /dev/null && counter=callgrind
# the guard wants counts that repeat
[ $mode = smoke ] || { "$build/bin/bench-hawser" inproc warm=1 messages=1 | grep -q '^instructions' && counter=perf; }

# wanted NAME: whether the name is chosen; then it is shown on the terminal.
wanted() {
    [[ $1 =~ $only ]] || return 1
    [ -t 2 ] && printf '\r\033[K'
    printf '%4d s  %s' $SECONDS "$1" >&2
    [ -t 2 ] || printf '\n' >&2
}
failed=0
fail() {
    printf '\n%s\n' "$*" >&2
    failed=1
}

# sample PREFIX STACK METRICS PROGRAM MODE OPTION...: runs it once and keeps the metrics asked for (a regular expression).
sample() {
    local prefix=$1 stack=$2 metrics=$3 program=$4
    shift 4
    timeout 300 "$build/bin/bench-$program" "$@" > "$scratch/out" || fail "bench-$program $*: failed"
    awk -v prefix="$prefix" -v stack="$stack" -v metrics="^($metrics)$" '$1 ~ metrics { print prefix, stack, $1, $2 }' \
        "$scratch/out" >> "$samples"
}

# instructions PREFIX STACK PROGRAM MODE OPTION...: of one piece of work.
instructions() {
    local prefix=$1 stack=$2 program=$3 out=$scratch/callgrind
    shift 3
    case $counter in
    perf) sample "$prefix" "$stack" instructions "$program" "$@" ;;
    callgrind)
        # else a long copy is one instruction in hardware and one for each byte here
        GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1000000000 timeout 600 valgrind -q --tool=callgrind --instr-atstart=no \
            --callgrind-out-file="$out" "$build/bin/bench-$program" "$@" > "$scratch/out" ||
            fail "valgrind bench-$program $*: failed"
        awk -v prefix="$prefix" -v stack="$stack" '
            $1 == "pieces" { pieces = $2 }
            $1 == "totals:" || $1 == "summary:" { total = $2 }
            END { if (pieces && total) printf "%s %s instructions %.10g\n", prefix, stack, total / pieces }' \
            "$scratch/out" "$out" >> "$samples"
        ;;
    esac
}

times=$(by_mode 5 3 1)
same=2097152 # bytes of buffers for usrsctp too, as hawser has by itself

# ---- one process, no network -----------------------------------------------------------------------------------------

# size, messages of hawser and of usrsctp for the clock, for callgrind, to warm up
sizes="64 1000000 200000 20000 4000 20000
1200 600000 100000 5000 2000 3000
16384 60000 8000 500 150 500
65536 15000 2000 200 50 200"
less=$(by_mode 1 4 20)

in_process() {
    local size many few counted counted_few warm options
    while read -r size many few counted counted_few warm; do
        wanted "inproc/$size" || continue
        options="size=$size warm=$warm nodelay=$((size != 64))"
        for ((i = 0; i < times; i++)); do
            sample "inproc/$size" hawser ns hawser inproc $options messages=$((many / less))
            has_usrsctp && sample "inproc/$size" usrsctp ns usrsctp inproc $options buffer=$same messages=$((few / less))
        done
        instructions "inproc/$size" hawser hawser inproc $options messages=$counted
        [ $mode = smoke ] && continue
        instructions "inproc/$size" hawser-unbatched hawser inproc $options messages=$counted batch=1
        has_usrsctp && instructions "inproc/$size" usrsctp usrsctp inproc $options buffer=$same messages=$counted_few
    done <<< "$sizes"
}

streams() {
    local count
    for count in 1 65535; do
        wanted "streams/$count" || continue
        instructions "streams/$count" hawser hawser inproc messages=5000 warm=70000 streams=$count
        # with usrsctp it takes a while until all streams have been used
        has_usrsctp && [ $mode = full ] &&
            instructions "streams/$count" usrsctp usrsctp inproc buffer=$same messages=500 warm=70000 streams=$count
    done
}

busy() {
    local idle
    for idle in 0 "$(by_mode 100000 100000 10000)"; do
        wanted "busy/$idle-idle" || continue
        instructions "busy/$idle-idle" hawser hawser inproc messages=5000 warm=3000 associations=$((idle + 1))
    done
}

# ---- associations ----------------------------------------------------------------------------------------------------

setup() {
    local count oneport name options
    for count in 1000 10000 $(by_mode 100000 "" ""); do
        for oneport in 0 1; do
            name=setup/$count
            [ $oneport = 1 ] && name=setup/oneport/$count
            wanted "$name" || continue
            options="associations=$count oneport=$oneport seconds=0.1"
            for ((i = 0; i < times; i++)); do
                sample "$name" hawser per_second hawser setup $options
                # on one port usrsctp looks for each association among all: 10,000 take minutes, 100,000 hours
                case $name in setup/oneport/10000 | */100000) continue ;; esac
                [ $mode = smoke ] && [ $name = setup/10000 ] && continue
                has_usrsctp && sample "$name" usrsctp per_second usrsctp setup $options
            done
        done
    done
}

idle() {
    wanted idle/10000 || return
    local seconds metrics='bytes|cpu_ms_per_second'
    seconds=$(by_mode 5 1 1)
    for ((i = 0; i < $(by_mode 3 1 1); i++)); do
        sample idle/10000 hawser "$metrics" hawser setup associations=10000 seconds=60
        has_usrsctp && sample idle/10000 usrsctp "$metrics" usrsctp setup associations=10000 seconds=$seconds
    done
}

# ---- UDP on loopback -------------------------------------------------------------------------------------------------

udp() {
    local size options seconds packet metrics='MBps|MB_per_cpu_second'
    seconds=$(by_mode 2 0.5 0.2)
    for size in 64 1200 16384 65536; do
        wanted "udp/$size" || continue
        options="size=$size seconds=$seconds nodelay=$((size != 64))"
        packet=$((size == 1200 ? 1228 : 1472))
        for ((i = 0; i < times; i++)); do
            sample "udp/$size" hawser "$metrics" hawser udp $options
            has_usrsctp && sample "udp/$size" usrsctp "$metrics" usrsctp udp $options
            sample "udp/$size" limit "$metrics" limit udp size=$packet seconds=$seconds
            [ $size = 1200 ] || continue
            sample "udp/$size" hawser-plain "$metrics" hawser udp $options offload=0
            sample "udp/$size" limit-mmsg "$metrics" limit udp size=$packet seconds=$seconds offload=0
        done
    done
}

# ---- simulated links -------------------------------------------------------------------------------------------------

sim() {
    local rate queue loss name options seeds seed seconds
    seconds=$(by_mode 60 30 5)
    for rate in 10 100; do
        for queue in 50 10; do
            for loss in 0 0.1 1 5; do
                name=sim/${rate}mbit-50ms-${loss}pct
                [ $queue = 50 ] || name=$name-queue${queue}ms
                wanted "$name" || continue
                seeds=$(by_mode 16 4 1)
                [ $loss = 0 ] && seeds=1
                for ((seed = 1; seed <= seeds; seed++)); do
                    options="rate=$rate queue=$queue loss=$loss seed=$seed seconds=$seconds"
                    sample "$name" hawser fraction hawser sim $options
                    has_usrsctp && sample "$name" usrsctp fraction usrsctp sim $options buffer=$same
                done
            done
        done
    done
}

crc() {
    wanted crc32c/1200 || return
    timeout 60 "$build/bin/bench-limit" crc size=1200 | sed 's,^\([a-z]*\) ,crc32c/1200 \1 GBps ,' >> "$samples"
}

in_process
streams
busy
setup
idle
udp
sim
crc
[ -t 2 ] && printf '\r\033[K' >&2
printf '%4d s  done\n\n' $SECONDS >&2

# ---- medians, the table, the file ------------------------------------------------------------------------------------

[ -s "$samples" ] || { echo "nothing is called $only" >&2; exit 1; }
# Lines of "PREFIX STACK METRIC VALUE" in the order of their first appearance.
awk '
    function by_value(a, n,   i, j, t) {
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    }
    { key = $1 " " $2 " " $3; if (!(key in count)) order[++keys] = key; value[key, ++count[key]] = $4 + 0; sum[key] += $4 }
    END {
        for (k = 1; k <= keys; k++) {
            key = order[k]; n = count[key]
            for (i = 1; i <= n; i++) v[i] = value[key, i]
            by_value(v, n)
            median = n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
            printf "%s %.6g\n", key, key ~ /^sim/ ? sum[key] / n : median
        }
    }' "$samples" > "$scratch/results"

awk 'BEGIN { print "{" } { printf "%s  \"%s/%s/%s\": %s", (NR > 1 ? ",\n" : ""), $1, $2, $3, $4 } END { print "\n}" }' \
    "$scratch/results" > "$build/bench.json"

awk '
    function show(x) { return x == "" ? "" : x >= 1000 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : sprintf("%.4g", x) }
    {
        row = $1 " " $3; stack = $2
        if (stack ~ /^hawser-/) { row = $1 " " $3 " (" substr(stack, 8) ")"; stack = "hawser" }
        if (stack ~ /^limit-/) { row = $1 " " $3 " (" substr(stack, 7) ")"; stack = "limit" }
        if (!(row in known)) { known[row] = 1; order[++rows] = row }
        value[row, stack] = $4
    }
    END {
        printf "%-44s %12s %12s %12s %12s\n", "", "hawser", "usrsctp", "... halved", "limit"
        for (r = 1; r <= rows; r++) {
            row = order[r]; usrsctp = value[row, "usrsctp"]
            limit = value[row, "limit"] != "" ? value[row, "limit"] : value[row, "memcpy"]
            halved = row ~ / instructions/ && usrsctp != "" ? usrsctp / 2 : ""
            printf "%-44s %12s %12s %12s %12s\n", row, show(value[row, "hawser"]), show(usrsctp), show(halved), show(limit)
        }
    }' "$scratch/results"

version() { dpkg-query -W -f '${Version}' "$1" 2> /dev/null || pkg-config --modversion usrsctp; }
printf '\n%s, %s, Linux %s, %s processors, load %s.\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
    "$(uname -m)" "$(uname -r)" "$(nproc)" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
case $counter in
perf) echo "Instructions by the processor's counter (perf_event_open)." ;;
callgrind) echo "Instructions by callgrind: the processor's counter cannot be had here." ;;
none) echo "No instructions: the processor's counter cannot be had here, and valgrind is missing." ;;
esac
if has_usrsctp; then
    echo "usrsctp $(version libusrsctp2). Debian builds it without optimisation, at 1.6 to 2.1 times the instructions and 1.6 to"
    echo "1.9 times the time of an optimised build: compare with half of its instructions."
else
    echo "usrsctp is not there (libusrsctp-dev): its figures are left out."
fi
echo "Written: $build/bench.json"
exit $failed
