#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/tools.sh BIN_DIR: hawser cat and hawser echo over loopback: data both ways, options, exit statuses, back-pressure.
# Every program gets a free UDP port, so nothing clashes. Ends with "N passed, N failed".
set -u -o pipefail

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin tools "$1"

# serve LOG ARGUMENT...: a server in the background, with descriptor 3 as standard input; sets $server and, once it listens, $udp.
serve() {
    local log=$1
    shift
    : >"$log"
    "$hawser" "$1" --verbose --udp 0 "${@:2}" 2>"$log" <&3 &
    server=$!
    pids+=("$server")
    if until_line "$log" 'listening on SCTP port'; then
        udp=$(sed -n 's/.*listening on SCTP port [0-9]*, UDP port \([0-9]*\)$/\1/p' "$log")
        return
    fi
    failed=$((failed + 1))
    echo "FAILED: $* does not listen"
    cat "$log"
    live_end
    exit 1
}
listen() { serve server.log cat -l "$@" >received 3</dev/null; }
# client ARGUMENT...: a client of $udp, at most a minute.
client() { timeout 60 "$hawser" cat --udp "0:$udp" "$@" 2>client.log; }
# server_ends STATUS: by itself.
server_ends() { ended "$server" "$1"; }
stop() { kill -TERM "$server"; server_ends "$1"; }
# gives STATUS COMMAND...: the exit status is that, and 1 to 8 come with a message.
gives() {
    local want=$1 status
    shift
    "$@" >output 2>message </dev/null
    status=$?
    [ $status -eq "$want" ] && { [ "$want" -eq 0 ] || [ -s message ]; } && return
    echo "status $status instead of $want; message: $(head -c 300 message)"
    return 1
}
says() { grep -q -e "$1" message || { echo "the message lacks '$1': $(cat message)"; return 1; }; }

head -c 3000000 /dev/urandom >random
printf 'a\0b\n\0\377\r\n\0' >binary
seq 20000 >lines

# ---- data ---------------------------------------------------------------------------------------------------------

listen 5001
check "connecting side sends" client 127.0.0.1 5001 <binary
check "the listener ends with it" server_ends 0
check "binary data is untouched" cmp binary received

serve server.log cat -l 5001 >received 3<random
check "the listener sends" client --no-input 127.0.0.1 5001 >copy
check "the listener ends itself" server_ends 0
check "what the listener sent arrived" cmp random copy

listen 5001
check "a large file" client 127.0.0.1 5001 <random
check "ends" server_ends 0
check "a large file is whole" cmp random received

for option in "--line" "--size 1" "--size 1000" "--size 200000" "--unordered --size 100" "--stream 9 --ppid 77"; do
    # One byte a message is slow; a part of the file will do.
    input=random
    [ "$option" = "--size 1" ] && head -c 5000 random >short && input=short
    [ "$option" = "--line" ] && input=lines
    listen 5001
    # shellcheck disable=SC2086
    check "cat $option" client $option 127.0.0.1 5001 <$input
    check "cat $option ends" server_ends 0
    if [ "$option" = "--unordered --size 100" ]; then
        check "cat $option: all arrived" test "$(wc -c <received)" -eq "$(wc -c <$input)"
    else
        check "cat $option: as it was" cmp $input received
    fi
done

listen --stats 5001
check "--line: a message a line" client --line --stats 127.0.0.1 5001 <lines
check "--line ends" server_ends 0
check "--line: so many lines" grep -q "received .* in 20000 messages" server.log
check "--stats tells of both directions" grep -q "sent .* in 20000 messages, received 0 bytes" client.log
check "--stats tells the rate" grep -q "goodput .* MB/s, retransmissions [0-9]*, RTT [0-9.]* ms" client.log

printf 'a\nwithout end' >ragged
listen 5001
check "--line: last line without an end" client --line 127.0.0.1 5001 <ragged
check "--line: ends" server_ends 0
check "--line: ragged" cmp ragged received

head -c 500000 random | tr '\n' 'x' >oneline
echo >>oneline
listen --stats 5001
check "--line: a long line" client --line 127.0.0.1 5001 <oneline
check "--line: a long line ends" server_ends 0
check "--line: a long line is one message" grep -q "received .* in 1 messages" server.log
check "--line: a long line is whole" cmp oneline received

listen --stripe 5001
check "--stripe" client --stripe --streams 16 127.0.0.1 5001 <random
check "--stripe ends" server_ends 0
check "--stripe: in order again" cmp random received

serve server.log cat -l 5001 >received 3< <(head -c 1000000 random; sleep 0.3; echo done)
check "both ways at once" client --linger 1 127.0.0.1 5001 <random >copy
check "both ways: ends" server_ends 0
check "both ways: there" cmp random received
check "both ways: and back" cmp <(head -c 1000000 random; echo done) copy

# ---- many addresses -------------------------------------------------------------------------------------------------

listen --bind ::1 5001
check "IPv6" client ::1 5001 <binary
check "IPv6 ends" server_ends 0
check "IPv6 data" cmp binary received

listen 5001
check "IPv6, the listener on all addresses" client ::1 5001 <binary
check "IPv6 ends" server_ends 0

listen --bind 127.0.0.1 --bind 127.0.0.2 5001
check "multihoming" client --verbose --bind 127.0.0.3 --bind 127.0.0.4 127.0.0.1 5001 --linger 1 <random
check "multihoming ends" server_ends 0
check "multihoming data" cmp random received
check "the peer's second address was found" grep -q "path .* to 127.0.0.2.* is active" client.log
check "our second address was found" grep -q "path .* to 127.0.0.4.* is active" server.log

listen 127.0.0.1 5001
serve mute.log cat -l --udp "$udp" 127.0.0.9 5001 3</dev/null
mute=$server server=${pids[-2]}
kill -STOP "$mute"
check "the first address does not answer, the second does" \
    client --peer 127.0.0.1 --set rto_initial=300000 --set rto_min=300000 --set rto_max=300000 127.0.0.9 5001 <binary
check "the second address: ends" server_ends 0
check "the second address: data" cmp binary received
kill_off "$mute"

# ---- -k, signals, pressure --------------------------------------------------------------------------------------------

listen -k 5001
for i in 1 2 3; do
    check "-k: client $i" client 127.0.0.1 5001 <<<"this is $i"
done
check "-k ends with a signal" stop 0
check "-k: all in turn" cmp received <(printf 'this is 1\nthis is 2\nthis is 3\n')

mkfifo endless
sleep 1000 >endless &
pids+=($!)
listen 5001
"$hawser" cat --udp "0:$udp" 127.0.0.1 5001 2>client.log < <(echo before; exec cat endless) &
client_pid=$!
until_line received before
kill -TERM $client_pid
check "SIGTERM at the sender ends both" server_ends 0
check "what was read before was delivered" test "$(cat received)" = before

serve server.log cat -l 5001 >received 3<endless
"$hawser" cat --udp "0:$udp" 127.0.0.1 5001 <endless 2>client.log &
client_pid=$!
until_line server.log 'connected to'
kill -INT "$server"
check "SIGINT at the listener ends it" server_ends 0
wait $client_pid
check "and its peer" test $? -eq 0

# 20 MB towards somebody who does not read: neither side may hold more than its buffers.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null || echo 0; }
head -c 20000000 /dev/urandom >large
mkfifo slow
(sleep 1; cat >received) <slow &
reader=$!
serve server.log cat -l 5001 >slow 3</dev/null
"$hawser" cat --udp "0:$udp" 127.0.0.1 5001 <large 2>client.log &
client_pid=$!
sleep 0.7
check "pressure: the listener stays small" test "$(resident "$server")" -lt 40000
check "pressure: the sender stays small" test "$(resident $client_pid)" -lt 40000
wait $client_pid
check "pressure: the sender ends well" test $? -eq 0
check "pressure: the listener ends well" server_ends 0
wait $reader
check "pressure: all arrived" cmp large received

# ---- echo -----------------------------------------------------------------------------------------------------------

serve echo.log echo --stats 7 3</dev/null
for i in $(seq 40); do
    tail -c $((60000 + i * 1000)) random >in.$i
    # each from an address of its own: two of forty draw the same SCTP port once in twenty times, and are one peer that restarts
    client --size 1000 --linger 1 --bind 127.0.1.$i 127.0.0.1 7 <in.$i >out.$i &
    clients[i]=$!
done
wait "${clients[@]}"
for i in $(seq 40); do
    check "echo: client $i of 40" cmp in.$i out.$i
done
check "echo: messages of 3 MB" client --size 3000000 --linger 1 127.0.0.1 7 <random >copy
check "echo: messages of 3 MB are whole" cmp random copy
check "echo: as they came" client --stats --stream 5 --ppid 77 --unordered --linger 1 --trace trace 127.0.0.1 7 <binary >copy
check "echo: binary" cmp binary copy
mkfifo slow2
(sleep 1; cat >copy) <slow2 &
reader=$!
client --linger 1 127.0.0.1 7 <large >slow2 &
client_pid=$!
sleep 0.7
check "echo: stays small before a peer that does not read" test "$(resident "$server")" -lt 60000
wait $client_pid
check "echo: that peer ends well" test $? -eq 0
wait $reader
check "echo: it got all" cmp large copy
check "echo ends with a signal" stop 0
check "echo: counts" grep -q "^43 associations" echo.log

# ---- ends -----------------------------------------------------------------------------------------------------------

quick="--set rto_initial=20000 --set rto_min=20000 --set rto_max=20000 --set max_init_retrans=2 --set association_max_retrans=2"

serve server.log echo 7 3</dev/null
check "2: nobody listens on the SCTP port" gives 2 "$hawser" cat --udp "0:$udp" 127.0.0.1 8
says refused
kill -STOP "$server"
# shellcheck disable=SC2086
check "2: no answer" gives 2 "$hawser" cat --udp "0:$udp" $quick 127.0.0.1 7
says "no answer"
timeout -s INT 0.5 "$hawser" cat --udp "0:$udp" 127.0.0.1 7 </dev/null 2>message
check "7: interrupted before it was connected" test $? -eq 124
kill_off "$server"
check "2: nobody at the UDP port" gives 2 timeout 60 "$hawser" cat --udp "0:$udp" 127.0.0.1 7
says "nobody speaks"

serve server.log cat -l 5001 3<endless >received
# It may be silent for a second before, on a busy machine.
"$hawser" cat --udp "0:$udp" --set rto_min=200000 --set rto_max=400000 --set association_max_retrans=3 127.0.0.1 5001 2>message \
    < <(while echo; do sleep 0.05; done) &
client_pid=$!
until_true 30 test -s received
kill -STOP "$server"
wait $client_pid
check "4: the peer does not answer any more" test $? -eq 4
kill_off "$server"

serve server.log echo 7 3</dev/null
: >message
"$hawser" cat --verbose --udp "0:$udp" 127.0.0.1 7 <endless 2>message &
client_pid=$!
until_line message 'connected to'
kill -TERM $client_pid "$server"
wait $client_pid
check "0: both sides shut down at once" test $? -eq 0
server_ends 0

# A reader that goes away: the listener cannot write (5) and aborts, its peer is told (3).
rm server.log
(serve server.log cat -l 5001 3</dev/null | head -c 10 >received; exit) &
until_line server.log 'listening on'
udp=$(sed -n 's/.*UDP port \([0-9]*\)$/\1/p' server.log)
check "3: aborted by the peer" gives 3 sh -c "'$hawser' cat --udp 0:$udp 127.0.0.1 5001 <large"
says "aborted by the peer"
check "5: said so" grep -q "standard output: Broken pipe" server.log

check "5: a capture that cannot be written" gives 5 "$hawser" cat --udp 0 --pcap /nonexistent/file 127.0.0.1 5001
check "5: a trace that cannot be written" gives 5 "$hawser" cat --udp 0 --trace /nonexistent/file 127.0.0.1 5001
check "5: an address that is not ours" gives 5 "$hawser" cat --udp 0 --bind 192.0.2.200 127.0.0.1 5001
listen 5001
check "5: a capture on a full disk" gives 5 timeout 60 "$hawser" cat --udp "0:$udp" --pcap /dev/full 127.0.0.1 5001
check "5: its peer does not suffer" server_ends 0
listen 5001
check "5: a UDP port in use" gives 5 "$hawser" cat -l --udp "$udp" 5001
says "in use"
check "5: a UDP port in use, echo" gives 5 "$hawser" echo --udp "$udp" 7
kill_off "$server"
listen 5001
check "5: closed standard input" gives 5 sh -c "exec '$hawser' cat --udp 0:$udp 127.0.0.1 5001 <&-"
check "5: closed standard input: the peer is told" server_ends 3
serve server.log cat -l 5001 >&- 3</dev/null
check "5: closed standard output: the peer is told" gives 3 sh -c "'$hawser' cat --udp 0:$udp 127.0.0.1 5001 <large"
check "5: closed standard output" server_ends 5

listen --stripe 5001
client --ppid 3 127.0.0.1 5001 <binary
check "8: a number is missing" server_ends 8
listen --stripe 5001
client --size 4 127.0.0.1 5001 <binary
check "6: a number twice" server_ends 6

# ---- arguments ------------------------------------------------------------------------------------------------------

# wrong ARGUMENT... -- TEXT: status 1 and a message that names the argument.
wrong() {
    local arguments=()
    while [ "$1" != -- ]; do arguments+=("$1"); shift; done
    gives 1 timeout 5 "$hawser" "${arguments[@]}" && says "$2"
}
check arguments wrong -- usage
check arguments wrong dog -- "'dog' is not a command"
check arguments wrong cat -- ADDRESS
check arguments wrong cat 127.0.0.1 -- ADDRESS
check arguments wrong cat 127.0.0.1 1 2 -- ADDRESS
check arguments wrong cat -l -- PORT
check arguments wrong cat -l 127.0.0.1 1 2 -- PORT
for port in 0 65536 x 1x ''; do check arguments wrong cat 127.0.0.1 "$port" -- PORT; done
check arguments wrong cat -l 65536 -- PORT
check arguments wrong cat 1.2.3.4.5 7 -- ADDRESS
check arguments wrong cat 127.0.0.1:0 7 -- ADDRESS
check arguments wrong cat 224.0.0.1 7 -- address
check arguments wrong cat fe80::1 7 -- "ADDRESS: 'fe80::1' is link-local and lacks its zone"
check arguments wrong cat '[fe80::1]:9899' 7 -- zone
check arguments wrong cat -l fe80::1 7 -- zone
check arguments wrong cat --peer fe80::1 127.0.0.1 7 -- "--peer: 'fe80::1' is link-local and lacks its zone"
for tool in 'cat -l' echo discard 'perf -s'; do check arguments wrong $tool --bind fe80::1 7 -- "--bind: 'fe80::1'"; done
check arguments wrong cat --udp x 127.0.0.1 7 -- --udp
check arguments wrong cat --udp 1:0 127.0.0.1 7 -- --udp
check arguments wrong cat --bind nonsense 127.0.0.1 7 -- --bind
check arguments wrong cat --bind 127.0.0.1 --bind 127.0.0.1 127.0.0.1 7 -- --bind
check arguments wrong cat --peer 999.1.1.1 127.0.0.1 7 -- --peer
check arguments wrong cat -l --peer 127.0.0.1 7 -- --peer
check arguments wrong cat --streams 0 127.0.0.1 7 -- --streams
check arguments wrong cat --streams 65536 127.0.0.1 7 -- --streams
check arguments wrong cat --set rto_min 127.0.0.1 7 -- "NAME=VALUE"
check arguments wrong cat --set nonsense=1 127.0.0.1 7 -- "no such setting"
check arguments wrong cat --set sack_delay=500001 127.0.0.1 7 -- "sack_delay takes a number from 0 to 500000 (us)"
check arguments wrong cat --stream 65535 127.0.0.1 7 -- --stream
check arguments wrong cat --ppid 4294967296 127.0.0.1 7 -- --ppid
check arguments wrong cat --size 0 127.0.0.1 7 -- --size
check arguments wrong cat --size 20000000 --udp 0 127.0.0.1 7 -- --size
check arguments wrong cat --linger -1 127.0.0.1 7 -- --linger
check arguments wrong cat --line --size 3 127.0.0.1 7 -- --line
check arguments wrong cat --stripe --stream 3 127.0.0.1 7 -- --stripe
check arguments wrong cat --no-input --line 127.0.0.1 7 -- --no-input
check arguments wrong cat -k 127.0.0.1 7 -- "-k"
check arguments wrong cat --nonsense 127.0.0.1 7 -- nonsense
check arguments wrong echo -- PORT
check arguments wrong echo 65536 -- PORT
check arguments wrong echo 7 8 -- PORT
check arguments wrong echo --peer 127.0.0.1 7 -- --peer
listen 5001
check "a stream that there is not" gives 1 "$hawser" cat --udp "0:$udp" --stream 10 127.0.0.1 5001
says --stream
kill_off "$server"

for command in "" cat echo; do
    # shellcheck disable=SC2086
    check "help of hawser $command" gives 0 "$hawser" $command --help
    # shellcheck disable=SC2086
    check "version of hawser $command" gives 0 "$hawser" $command --version
    check "version of hawser $command" grep -q "^hawser [0-9]" output
done

live_end
