#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bench/guard.sh BUILD: a short run of all that `make bench` measures. Fails if a figure is missing, or if one of those that do
# not depend on the machine's load (instructions counted by callgrind, bytes) is worse than docs/PERFORMANCE.md allows.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:?usage: bench/guard.sh BUILD}
bench/run.sh "$build" smoke || exit 1

awk '
    function need(name) { if (!(name in figure)) { print "missing: " name; wrong = 1 } return figure[name] + 0 }
    function at_most(name, value, limit) {
        printf "%-44s %10.4g, at most %g%s\n", name, value, limit, (value > limit ? ": TOO MUCH" : "")
        if (value > limit || value == 0) wrong = 1
    }
    match($0, /"[^"]*": */) {
        name = substr($0, RSTART + 1); sub(/".*/, "", name)
        figure[name] = substr($0, RSTART + RLENGTH) + 0
    }
    END {
        split("64 1200 16384 65536", sizes, " ")
        for (i in sizes) {
            need("inproc/" sizes[i] "/hawser/ns"); need("inproc/" sizes[i] "/usrsctp/ns")
            need("inproc/" sizes[i] "/hawser/instructions")
            need("udp/" sizes[i] "/hawser/MBps"); need("udp/" sizes[i] "/usrsctp/MBps"); need("udp/" sizes[i] "/limit/MBps")
            need("udp/" sizes[i] "/hawser/MB_per_cpu_second")
        }
        split("1000 10000 oneport/1000 oneport/10000", counts, " ")
        for (i in counts) need("setup/" counts[i] "/hawser/per_second")
        need("setup/1000/usrsctp/per_second"); need("idle/10000/hawser/cpu_ms_per_second"); need("idle/10000/usrsctp/bytes")
        split("10mbit 100mbit", rates, " "); split("0 0.1 1 5", losses, " "); split("pct pct-queue10ms", queues, " ")
        for (i in rates) for (j in losses) for (k in queues) {
            name = "sim/" rates[i] "-50ms-" losses[j] queues[k]
            need(name "/hawser/fraction"); need(name "/usrsctp/fraction")
        }
        need("crc32c/1200/hawser/GBps"); need("crc32c/1200/limit/GBps")

        print ""
        # a third more than with gcc 12 on x86-64: other compilers and C libraries count differently
        split("3300 8900 95000 360000", most, " ")
        for (i in sizes) {
            name = "inproc/" sizes[i] "/hawser/instructions"
            at_most(name, need(name), most[i])
        }
        at_most("idle/10000/hawser/bytes", need("idle/10000/hawser/bytes"), 4096)
        at_most("65,535 streams to 1", need("streams/65535/hawser/instructions") / need("streams/1/hawser/instructions"), 1.1)
        at_most("one busy among 10,000 idle to alone",
                need("busy/10000-idle/hawser/instructions") / need("busy/0-idle/hawser/instructions"), 1.1)
        exit wrong
    }' "$build/bench.json"
