#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/perf.sh BIN_DIR: hawser perf and hawser discard over loopback: every mode, what both sides say of it, signals,
# servers and clients that are none. Every program gets a free UDP port, so nothing clashes. Ends with "N passed, N failed".
set -u -o pipefail

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin perf "$1"

# serve NAME ARGUMENT...: a server in the background; sets $server and, once it listens, $udp. NAME.out and NAME.log are what it
# says.
serve() {
    start "$1" "$hawser" "$2" --verbose --udp 0 "${@:3}"
    server=$started
    if until_line "$1.log" 'listening on SCTP port'; then
        udp=$(sed -n 's/.*listening on SCTP port [0-9]*, UDP port \([0-9]*\)$/\1/p' "$1.log")
        return
    fi
    check "$* listens" false
    live_end
    exit 1
}
# server_ends STATUS: by itself.
server_ends() { ended "$server" "$1"; }
stop() { kill -INT "$server"; server_ends "$1"; }
# perf STATUS ARGUMENT...: a client of $udp; what it says is in out and err.
perf() {
    local want=$1 status
    shift
    timeout 60 "$hawser" perf -c --udp "0:$udp" "$@" >out 2>err </dev/null
    status=$?
    [ $status -eq "$want" ] && { [ "$want" -eq 0 ] || [ -s err ]; } && return
    echo "status $status instead of $want; it says: $(head -c 300 err)"
    return 1
}
says() { grep -q -e "$1" err || { echo "the message lacks '$1': $(cat err)"; return 1; }; }
# number TYPE NAME: of the (last) object of that type in out.
number() { sed -n "s/^{\"type\": \"$1\".*\"$2\": \([^,}]*\)[,}].*/\1/p" out | tail -n 1; }
# has TYPE NAME OPERATOR VALUE: what the object says.
has() {
    awk -v a="$(number "$1" "$2")" -v b="$4" "BEGIN { exit !(a != \"\" && a + 0 $3 b + 0) }" && return
    echo "$1: $2 is '$(number "$1" "$2")', not $3 $4: $(cat out)"
    return 1
}
# is_json FILE: flat objects, one a line.
is_json() {
    local pair='"[a-z0-9_]+": ("[^"]*"|[0-9]+(\.[0-9]+)?|true|false)'
    [ -s "$1" ] && ! grep -v -E "^\{$pair(, $pair)*\}\$" "$1"
}

# A program that says nothing to a request is found out in five seconds; the rest goes on meanwhile.
serve mute discard 5201
(timeout 60 "$hawser" perf -c --udp "0:$udp" 127.0.0.1 >/dev/null 2>mute.err; echo $? >mute.status) &
mute_client=$!
mute_server=$server

# ---- so many bytes ---------------------------------------------------------------------------------------------------

serve server perf -s
# all MESSAGES BYTES: both sides count as many.
all() {
    check "$name: is JSON" is_json out
    for word in sent_messages messages; do check "$name: $word" has sum $word == "$1"; done
    for word in sent_bytes bytes; do check "$name: $word" has sum $word == "$2"; done
    check "$name: whole" grep -q '"whole": true' out
    for word in time_s bytes_per_s messages_per_s packets_sent send_calls packets_received receive_calls; do
        check "$name: $word" has sum $word ">" 0
    done
}
counted() {
    name="perf $*"
    check "$name" perf 0 --json "$@" 127.0.0.1
}
counted --bytes 20M
all 320 20971520
check "the round-trip time is known" has sum srtt_us ">" 0
check "the least is no more than the most" has sum srtt_min_us "<=" "$(number sum srtt_max_us)"
counted --bytes 1000000 --size 1200
all 834 1000000
counted --bytes 1M --size 1K --unordered --streams 7
all 1024 1048576
check "as many streams as asked for" has start streams == 7
counted --bytes 3M --size 1500 --reverse
all 2098 3145728
check "the other direction" grep -q '"type": "sum", "direction": "in"' out
counted --bytes 3M --size 64K -P 3
all 48 3145728
check "three associations" has start associations == 3
counted --bytes 1
all 1 1
counted --bytes 2M --both -P 2 --streams 3 --unordered
all 32 2097152
check "both directions" test "$(grep -c '"type": "sum".*"messages": 32,' out)" -eq 2
counted --bytes 6400 --ping
all 100 6400
for pair in "min_us p50_us" "p50_us p90_us" "p90_us p99_us" "p99_us p999_us" "p999_us max_us"; do
    check "latency: ${pair/ / is no more than }" has sum "${pair% *}" "<=" "$(number sum "${pair#* }")"
done
check "latency: not nothing" has sum min_us ">" 0
counted --bytes 3M --size 700K --ping
all 5 3145728
counted --bytes 20M --size 1M --set send_buffer=2000000
all 20 20971520
counted --bytes 1M --rate 40M --size 10K
check "no more than that" has sum bytes_per_s "<" 5500000
counted --bytes 1M --rate 80M --reverse -P 2 --size 10K
check "no more than that from the server" has sum bytes_per_s "<" 22000000
counted --bytes 1M --quiet
check "quiet JSON is the sum alone" test "$(wc -l <out)" -eq 1
check "IPv6" perf 0 --bytes 1M ::1
check "two addresses" perf 0 --bytes 1M --bind 127.0.0.2 --bind 127.0.0.3 127.0.0.1
check "more streams than the server sends on" perf 3 --reverse --streams 11 127.0.0.1
check "more streams than the server sends on: said so" says "streams.*--streams"
check "it serves on" perf 0 --bytes 1M --streams 11 127.0.0.1

# What it says is a result.
unheard() {
    timeout 60 "$hawser" perf -c --udp "0:$udp" "$@" 127.0.0.1 >/dev/full 2>err </dev/null
    [ $? -eq 5 ] && says "standard output"
}
check "a full disk" unheard --bytes 1M --json
check "a full disk ends a test before its time" unheard --time 3600 --interval 0.1
check "it serves on" perf 0 --bytes 1M 127.0.0.1

# Two clients at once.
"$hawser" perf -c --udp "0:$udp" --bytes 30M --json --quiet 127.0.0.1 >other 2>&1 </dev/null &
other=$!
check "one of two clients" perf 0 --bytes 30M --json --quiet 127.0.0.1
wait $other
check "the other" test $? -eq 0
check "the other has all" grep -q '"bytes": 31457280,' other

# ---- so long ---------------------------------------------------------------------------------------------------------

check "perf --time" perf 0 --time 1 --interval 0.1 --json 127.0.0.1
check "lines" test "$(grep -c '"type": "interval"' out)" -ge 2
check "lines are JSON" is_json out
check "it ended in time" has sum time_s "<" 30
check "it took its time" has sum time_s ">" 0.9
check "what the lines say is some of the sum" test "$(sed -n 's/^{"type": "interval".*"bytes": \([0-9]*\),.*/\1/p' out |
    awk '{ sum += $1 } END { print (sum > 0) }')" -eq 1
check "processor time was taken" has sum cpu_s ">" 0
check "and at the server" has sum peer_cpu_s ">" 0
check "perf --time --reverse, as text" perf 0 --time 0.3 --interval 0.1 --reverse 127.0.0.1
check "text: lines" grep -q -E '^ +0\.[0-9]- +[0-9]+\.[0-9]  in +[0-9.]+' out
check "text: the sum" grep -q -E '^  goodput  [1-9][0-9.]* MB/s, [0-9.]+ Mbit/s, [0-9.]+ messages/s$' out
check "perf --time --ping, as text" perf 0 --time 0.3 --interval 0.1 --ping 127.0.0.1
check "text: latencies" grep -q -E '^latency us: min [0-9.]+(, p[59]0 [0-9.]+){2}(, p999? [0-9.]+){2}, max [0-9.]+$' out

: >out
"$hawser" perf -c --udp "0:$udp" --time 60 --interval 0.1 127.0.0.1 >out 2>err </dev/null &
client=$!
pids+=($client)
until_line out '[0-9] out'
kill -INT $client
wait $client
check "a signal ends a test well" test $? -eq 0
check "and it shows the sum" grep -q '^  goodput ' out
: >out
"$hawser" perf -c --udp "0:$udp" --time 60 --interval 0.1 --json 127.0.0.1 >out 2>err </dev/null &
client=$!
pids+=($client)
until_line out interval
check "a signal ends the server well" stop 0
wait $client
check "its client is told" test $? -eq 8
check "and knows that this is not all" grep -q '"whole": false' out

serve server perf -s --one-off --json
check "perf --one-off" perf 0 --bytes 1M 127.0.0.1
check "perf --one-off ends" server_ends 0
check "the server's own line" grep -q '^{"type": "served", "peer": "127.0.0.1:.*"whole": true.*"bytes": 1048576,' server.out
check "the server's own line is JSON" is_json server.out
serve server perf -s --one-off --quiet --bind 127.0.0.1
check "perf --one-off, three associations" perf 0 --bytes 1M -P 3 127.0.0.1
check "perf --one-off, three associations, ends" server_ends 0
check "a quiet server" test ! -s server.out

# ---- those who do not know the game -------------------------------------------------------------------------------------

serve server echo 5201
check "a server that sends all back" perf 2 127.0.0.1
check "a server that sends all back: said so" says "no hawser perf -s"
stop 0

serve server perf -s
# word NUMBER FIELD...: as tools/perf_words.c writes it, into the file word.
word() {
    local text=hawperf1 field
    for field; do text+=$(printf '%016x' "$field" | sed 's/../\\x&/g'); done
    printf '%b' "$text" >word
}
# refused TEXT OPTION... <INPUT: the server aborts such a client and says why.
refused() {
    local text=$1 status
    shift
    timeout 60 "$hawser" cat --udp "0:$udp" "$@" --linger 5 127.0.0.1 5201 >/dev/null 2>err
    status=$?
    [ $status -eq 3 ] || { echo "status $status instead of 3"; return 1; }
    says "$text"
}
marked() { refused "$@" --ppid 1752658022; } # PERF_PPID
check "data without a request" refused "nobody asked for" <<<"Hello."
check "no word" marked "no word" <<<"Hello."
check "a word of 100 kB" marked "no word" --size 100000 < <(head -c 100000 /dev/zero)
word 1 16 1200 1 0 1000000 0 100000
check "a mode that there is not" marked "mode" <word
word 1 2 16777217 1 0 1000000 0 100000
check "messages too large" marked "16777216 bytes" <word
word 1 2 0 1 0 1000000 0 100000
check "messages of nothing" marked "16777216 bytes" <word
word 1 2 1200 1 0 86400000001 0 100000
check "a test too long" marked "a day" <word
word 1 1 1200 0 0 1000000 0 100000
check "no streams" marked "streams" <word
word 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
check "an end before the beginning" marked "not expected" <word
word 1 1 1200 1 0 1000000 0 100000
check "two requests" marked "none is expected" --size 72 < <(cat word word)
check "it serves on" perf 0 --bytes 1M 127.0.0.1
check "and ends" stop 0

# ---- discard ------------------------------------------------------------------------------------------------------------

serve server discard --stats 9
head -c 3000000 /dev/urandom >random
for i in 1 2; do
    check "discard $i" timeout 60 "$hawser" cat --udp "0:$udp" --size 1000 127.0.0.1 9 <random
done
check "discard: it says nothing" test "$(timeout 60 "$hawser" cat --udp "0:$udp" 127.0.0.1 9 <random | wc -c)" -eq 0
check "discard ends with a signal" stop 0
check "discard counts by association" test "$(grep -c 'ended gracefully; 3000 messages, 3000000 bytes' server.log)" -eq 2
check "discard counts" grep -q '^3 associations, 60[0-9]* messages, 9000000 bytes$' server.log

# ---- arguments ------------------------------------------------------------------------------------------------------------

# wrong ARGUMENT... -- TEXT: status 1 and a message that names the argument.
wrong() {
    local arguments=() status
    while [ "$1" != -- ]; do arguments+=("$1"); shift; done
    timeout 20 "$hawser" "${arguments[@]}" >out 2>err </dev/null
    status=$?
    [ $status -eq 1 ] || { echo "status $status instead of 1"; return 1; }
    says "$2"
}
check arguments wrong perf -- "-s (serve)"
check arguments wrong perf -s -c 127.0.0.1 -- "-s (serve)"
check arguments wrong perf -c -- ADDRESS
check arguments wrong perf -c 127.0.0.1 1 2 -- ADDRESS
check arguments wrong perf -c 1.2.3.4.5 -- ADDRESS
check arguments wrong perf -c fe80::1 -- "ADDRESS: 'fe80::1' is link-local and lacks its zone"
check arguments wrong perf -c --peer fe80::1 127.0.0.1 -- "--peer: 'fe80::1' is link-local and lacks its zone"
check arguments wrong perf -c 127.0.0.1 0 -- PORT
check arguments wrong perf -s 65536 -- PORT
check arguments wrong perf -s 1 2 -- PORT
check arguments wrong perf -s --size 3 -- "does not go with -s"
check arguments wrong perf -s --peer 127.0.0.1 -- --peer
check arguments wrong perf -c --one-off 127.0.0.1 -- --one-off
for text in 0 16385K 17M -1 x ''; do check arguments wrong perf -c --size "$text" 127.0.0.1 -- --size; done
for text in 0 0.05 86401 -1 x ''; do check arguments wrong perf -c --time "$text" 127.0.0.1 -- --time; done
for text in 0.05 -1 x; do check arguments wrong perf -c --interval "$text" 127.0.0.1 -- --interval; done
for text in 0 129 x; do check arguments wrong perf -c -P "$text" 127.0.0.1 -- --parallel; done
for text in 0 65536 x; do check arguments wrong perf -c --streams "$text" 127.0.0.1 -- --streams; done
check arguments wrong perf -c --bytes 0 127.0.0.1 -- --bytes
check arguments wrong perf -c --bytes 1 --time 1 127.0.0.1 -- --time
check arguments wrong perf -c --ping --reverse 127.0.0.1 -- --ping
for text in 7 x 1X; do check arguments wrong perf -c --rate "$text" 127.0.0.1 -- --rate; done
check arguments wrong perf -c --ping --rate 1M 127.0.0.1 -- --rate
check arguments wrong perf -c --nonsense 127.0.0.1 -- nonsense
check arguments wrong discard -- PORT
check arguments wrong discard 65536 -- PORT
check arguments wrong discard --peer 127.0.0.1 9 -- --peer
for command in perf discard; do
    check "help of hawser $command" "$hawser" $command --help >out
    check "help of hawser $command: says how" grep -q "^usage: hawser $command" out
    check "version of hawser $command" "$hawser" $command --version >out
done
udp=9 # nobody is there
check "nobody there" perf 2 127.0.0.1

wait $mute_client
check "a server that says nothing" test "$(cat mute.status)" -eq 2
check "a server that says nothing: said so" grep -q "no answer to the request" mute.err
server=$mute_server
check "and it ends" stop 0

live_end
