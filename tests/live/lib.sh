# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# tests/live/lib.sh, to be sourced: what the live tests share.
#
#   live_begin NAME BIN_DIR      a work folder, which becomes the current one, clean-up at the end; $hawser; $peers, a folder
#   live_end                     the last line, "N passed, N failed"; status
#   skip WHY                     ends the test as skipped (77)
#   check NAME COMMAND...        one test: passes if the command does; what it says is shown if not
#   prove FEATURE PEER DIRECTION COMMAND...   the same, and a line of docs/INTEROP.md (scripts/interop.sh): the command may put a
#                                note for it into $note
#   start NAME COMMAND...        in the background, output to NAME.out and NAME.log; $started is its pid
#   ended PID STATUS [SECONDS]   it ends by itself, within 60 s, with that status
#   kill_off PID                 SIGKILL, and waits
#   until_line FILE TEXT [SECONDS]   waits for a line (a basic regular expression), at most 30 s
#   until_true SECONDS COMMAND...    waits for a condition
#   used PORT, free_port         UDP ports of this namespace
#   field NAME WORD              what a peer's result line says of WORD (NAME.out)
#   peer_says NAME TEXT...       its log or result line has each of these
#   last_said NAME WHAT TEXT     the last that it said of that, an address or a path, was this
#   longest_pause NAME           milliseconds between two messages that it took
#   judge CAPTURE PORT... [-- MINIMUM]   tshark finds every SCTP packet well-formed, every CRC32c right, and at least five;
#                                UDP ports PORT carry SCTP
#   understood CAPTURE OURS      the same, and it knows every chunk, parameter and cause from sources that match the regular
#                                expression OURS, without a warning; UDP port 9899 carries SCTP
#   packets CAPTURE CONDITION    how many packets that finds (awk, see packet_fields), after understood
#   count CAPTURE FILTER         how many packets the display filter finds (UDP port 9899)
#   keep CAPTURE LABEL           copies it into the folder HAWSER_KEEP, if there is one
#
# Bounds of time, in milliseconds, that no load turns red, and that are a second wider on an idle machine. Times are those since
# 1970. What is found is added to $note:
#
#   watch PID...                 from now on it is measured how long the machine keeps these and what they start from running
#   watch_end
#   now_ms; when NAME TEXT       when a peer said a line (an extended regular expression; the last such line)
#   in_time WHAT FROM UNTIL BOUND   that took no longer than BOUND, a second, and the time for which the machine is to blame
#   pauses_in_time NAME BOUND    the same for each pause between two messages that it took
#   two_paths_bounds RTO_MAX PATH_MAX HEARTBEAT   sets ${give_up_bound[WHO]}, of who sends, and $find_bound
#
# Tests of extensions; they have sent_by WHO, a regular expression of the addresses of hawser or its peer:
#
#   on_wire NAME FUNCTION ARGUMENT...   runs the function; tshark has to have understood $capture; then wire_of_NAME with the same
#                                arguments, if there is one
#   chunks WHO CONDITION         how many packets in $capture WHO sent for which it is true (packets)
#   seen WHO TYPE CHUNK          at least one has such a chunk; unseen: none has
#   authenticated_by_both WHO... all their DATA is authenticated, first with key 1, then with key 2
#   authenticated_all WHO TYPE CHUNK   none has such a chunk without AUTH before it
#
# Two network namespaces, $near and $far, with paths between them that lose, delay and cut as one likes (wire.c); needs root:
#
#   net_needed                   skips the test if anything is missing
#   net_up PATHS [OPTION...]     each path I from 0 on has 10.90.I.1 and fd90:I::1 near, 10.90.I.2 and fd90:I::2 far, on interface
#                                pI; options are those of wire
#   net_down                     takes them away; counts of path I are in wireI.out
#   wire_signal PATH SIGNAL      USR1 cuts, USR2 mends; when it returns it is done
#   near COMMAND..., far COMMAND...  run it there: start NAME near COMMAND... keeps the pid
#   capture NAME [INTERFACE [MEGABYTES]]   of what near sends and gets, to $capture, which is NAME.pcapng: all interfaces; a busy
#                                machine may leave so much lie about (64); capture_end

live_begin() {
    hawser=$(realpath "$2/hawser") || exit 1
    [ -x "$hawser" ] || { echo "$hawser is not there"; exit 1; }
    peers=$(realpath "$2/../tests")
    work=$(mktemp -d "${TMPDIR:-/tmp}/hawser-$1.XXXXXX") || exit 1
    passed=0 failed=0 pids=() note='' near='' far='' wires=() capture='' capturing='' watching=''
    live=$1
    trap live_clean EXIT
    trap 'exit 1' INT TERM HUP
    cd "$work" || exit 1
    mkfifo never
}

live_clean() {
    local pid
    {
        for pid in "${pids[@]}"; do kill -9 "$pid" && wait "$pid"; done
        net_down
    } >/dev/null 2>&1
    cd / && rm -rf "$work"
}

live_end() {
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ]
}

skip() {
    echo "skipped: $1"
    exit 77
}

check() {
    local name=$1 log
    shift
    if "$@"; then
        passed=$((passed + 1))
        return 0
    fi
    failed=$((failed + 1))
    echo "FAILED: $name: $*"
    for log in *.log; do
        [ -s "$log" ] && [ "$log" != tshark.log ] && [ "$log" != capture.log ] && tail -n 5 "$log" | sed "s/^/    ${log%.log}: /"
    done
    return 1
}

prove() {
    local feature=$1 peer=$2 direction=$3 verdict=ok
    shift 3
    note=
    check "$feature, $peer, $direction" "$@" || verdict=FAILED
    [ -z "${HAWSER_INTEROP_RESULTS:-}" ] ||
        printf '%s\t%s\t%s\t%s\t%s\n' "$feature" "$peer" "$direction" $verdict "$note" >>"$HAWSER_INTEROP_RESULTS"
    [ $verdict = ok ]
}

# ---- programs ---------------------------------------------------------------------------------------------------------

start() {
    local name=$1
    shift
    : >"$name.log"
    : >"$name.out"
    "$@" >"$name.out" 2>"$name.log" </dev/null &
    started=$!
    pids+=("$started")
}

# Nothing is ever written to that pipe: reading it is a wait without a process.
pause() { read -r -t "$1" <>never; }

until_true() {
    local end=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || { echo "not within the time: $*"; return 1; }
        pause 0.02
    done
    return 0
}

until_line() { until_true "${3:-30}" grep -q -s -e "$2" "$1"; }

# A zombie has ended too.
has_ended() { ! kill -0 "$1" 2>/dev/null || grep -q -s '^State:.Z' "/proc/$1/status"; }

forget() {
    local pid rest=()
    for pid in "${pids[@]}"; do [ "$pid" = "$1" ] || rest+=("$pid"); done
    pids=("${rest[@]}")
}

kill_off() {
    kill -9 "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    forget "$1"
}

ended() {
    local status
    until_true "${3:-60}" has_ended "$1" || { kill_off "$1"; return 1; }
    wait "$1" 2>/dev/null
    status=$?
    forget "$1"
    [ $status -eq "$2" ] || { echo "a program ended with $status instead of $2"; return 1; }
}

field() { tail -n 1 "$1.out" | grep -o "$2=[^ ]*" | cut -d= -f2; }
peer_says() {
    local name=$1 text
    shift
    for text in "$@"; do
        grep -q -e "$text" "$name.log" "$name.out" || { echo "the $name does not say '$text': $(cat "$name.out")"; return 1; }
    done
}
last_said() {
    local said
    said=$(awk -v of="${2#* }" 'index($0, " " of " ") { $1 = ""; said = $0 } END { print said }' "$1.log")
    [ "$said" = " $2 $3" ]
}
longest_pause() { sed -n 's/.*longest pause \([0-9]*\) ms.*/\1/p' "$1.log" | tail -n 1; }

# ---- time -------------------------------------------------------------------------------------------------------------

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
when() {
    awk -v text="$2" '/ began at / { begin = $4 } $0 ~ text { at = $1 } END { printf "%.0f\n", begin + 1000 * at }' "$1.log"
}
watch() {
    [ -z "$watching" ] || watch_end
    start delays "$peers/delays" "$@"
    watching=$started
    until_true 30 test -s delays.out
}
watch_end() {
    pause 0.1 # for a line more
    kill_off "$watching"
    watching=
}
# What the watched programs waited in that time, from the line before it to the line after it.
delayed() {
    awk -v from="$1" -v till="$2" '
        $1 <= from { before = $2 }
        { sum = $2 }
        $1 >= till { exit }
        END { print sum - before }' delays.out
}
in_time() {
    local took=$(($3 - $2)) delay
    delay=$(delayed "$2" "$3")
    note+="${note:+, }$1 $took ms (bound: $4"
    [ $took -le "$4" ] || note+="; the machine kept programs waiting for $delay ms"
    note+=")"
    [ $took -le $(($4 + 1000 + delay)) ] && return
    echo "$note"
    return 1
}
# What was lost on a path that fails goes over the other at each time-out, and hawser gives the path up at the latest after
# Path.Max.Retrans + 1 time-outs of RTO.max each; no pause is longer than all of them. Others send nothing more there after the
# first, and HEARTBEATs no more often than on an idle path; Linux counts none as an error before it sends the next. Mended, the
# path is found by the next HEARTBEAT, within HB.interval, RTO and half of it (8.3).
declare -A give_up_bound=()
two_paths_bounds() {
    local who
    find_bound=$(($3 + $1 * 3 / 2))
    for who in kernel usrsctp; do give_up_bound[$who]=$(($1 + ($2 + 1) * find_bound)); done
    give_up_bound[hawser]=$((($2 + 1) * $1))
}
pauses_in_time() {
    local end length result=0
    note+="${note:+, }longest pause $(longest_pause "$1") ms (bound: $2)"
    while read -r end length; do
        [ "$length" -le "$2" ] || in_time "pause" $((end - length)) "$end" "$2" || result=1
    done < <(awk '/ began at / { begin = $4 } / pause of / { printf "%.0f %.0f\n", begin + 1000 * $1, $4 }' "$1.log")
    return $result
}

used() { cat /proc/net/udp /proc/net/udp6 2>/dev/null | grep -qi ":$(printf %04X "$1") "; }
free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)); used $port; do :; done
    echo $port
}

# ---- the network ------------------------------------------------------------------------------------------------------

net_needed() {
    [ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
    [ -c /dev/net/tun ] || skip "no /dev/net/tun"
    local program
    for program in ip dumpcap tshark; do
        command -v $program >/dev/null || skip "no program $program (packages iproute2, tshark)"
    done
}

near() { exec_in "$near" "$@"; }
far() { exec_in "$far" "$@"; }
# In the background there is a shell of its own already, which the program takes over.
exec_in() {
    if [ "$BASHPID" = $$ ]; then ip netns exec "$@"; else exec ip netns exec "$@"; fi
}

net_up() {
    local paths=$1 path end name
    shift
    near=hawser-live-$$-near far=hawser-live-$$-far
    for name in "$near" "$far"; do
        ip netns add "$name" && ip -n "$name" link set lo up || return 1
    done
    for ((path = 0; path < paths; path++)); do
        start "wire$path" "$peers/wire" --seed $((path + 1)) "$@" "$near" "p$path" "$far" "p$path"
        wires[path]=$started
        until_line "wire$path.log" ready || return 1
        end=1
        for name in "$near" "$far"; do
            ip netns exec "$name" sh -c "echo 0 >/proc/sys/net/ipv6/conf/p$path/accept_dad" 2>/dev/null
            ip -n "$name" addr add "10.90.$path.$end/24" dev "p$path"
            ip -n "$name" addr add "fd90:$path::$end/64" dev "p$path" nodad 2>/dev/null
            ip -n "$name" link set "p$path" up txqueuelen 10000 || return 1
            end=2
        done
    done
}

wire_signal() {
    local lines
    lines=$(wc -l <"wire$1.log")
    kill -s "$2" "${wires[$1]}" || return 1
    [[ $2 = USR? ]] || return 0
    more_lines() { [ "$(wc -l <"$1")" -gt "$2" ]; }
    until_true 30 more_lines "wire$1.log" "$lines"
}

net_down() {
    local pid
    for pid in "${wires[@]}"; do
        kill -TERM "$pid"
        wait "$pid"
        forget "$pid"
    done 2>/dev/null
    wires=()
    [ -z "$near" ] || ip netns del "$near"
    [ -z "$far" ] || ip netns del "$far"
    near='' far=''
}

capture() {
    local filter="udp port 9899 or ip proto 132 or ip6 proto 132"
    capture=$1.pcapng
    start capture near dumpcap -q -B "${3:-64}" -i "${2:-any}" -f "$filter" -w "$work/$capture"
    capturing=$started
    until_line capture.log '^File: '
}

capture_end() {
    [ -n "$capturing" ] || return 0
    pause 0.2 # what has just passed lies in a block that is not full
    kill -TERM "$capturing" 2>/dev/null
    wait "$capturing" 2>/dev/null
    forget "$capturing"
    capturing=
    ! grep -q '[1-9][0-9]* packets\? dropped' capture.log || { echo "not whole: $(tail -n 1 capture.log)"; return 1; }
}

# ---- the judge --------------------------------------------------------------------------------------------------------

judge() {
    local capture=$1 least=5 decode=() lines
    shift
    while [ $# -gt 0 ]; do
        [ "$1" = -- ] && { least=$2; break; }
        decode+=(-d "udp.port==$1,sctp")
        shift
    done
    lines=$(tshark -r "$capture" "${decode[@]}" -o sctp.checksum:CRC-32c -o sctp.reassembly:FALSE -T fields \
        -e sctp.checksum.status -e _ws.malformed 2>tshark.log) || { echo "tshark: $(head -n 3 tshark.log)"; return 1; }
    [ "$(wc -l <<<"$lines")" -ge "$least" ] && ! grep -q -v -P '^1\t$' <<<"$lines" && return
    echo "tshark complains of $capture:"
    sort <<<"$lines" | uniq -c | head -n 10
    return 1
}

# Fields of a packet, one line each in CAPTURE.fields; several values of one field have commas between them.
#   1 checksum 2 malformed 3 IPv4 source 4 IPv6 source 5 port 6 chunks 7 parameters 8 causes 9 worst complaint 10 key 11 stream
#   12 MID 13 begin bit 14 end bit 15 TSN 16 complaints
packet_fields() {
    tshark -r "$1" -d udp.port==9899,sctp -o sctp.checksum:CRC-32c -o sctp.reassembly:FALSE -Y sctp -T fields \
        -e sctp.checksum.status -e _ws.malformed -e ip.src -e ipv6.src -e sctp.srcport -e sctp.chunk_type -e sctp.parameter_type \
        -e sctp.cause_code -e _ws.expert.severity -e sctp.shared_key_id -e sctp.data_sid -e sctp.data_mid -e sctp.data_b_bit \
        -e sctp.data_e_bit -e sctp.data_tsn_raw -e _ws.expert.message >"$1.fields" 2>tshark.log
}
# packets CAPTURE AWK_CONDITION: how many there are. has(FIELD, VALUE): one of the field's values is that.
packets() {
    local has='function has(field, value) { return ("," $field ",") ~ ("," value ",") }'
    awk -F '\t' "$has $2 { n++ } END { print n + 0 }" "$1.fields"
}
understood() {
    local wrong
    [ -s names ] || tshark -G values 2>/dev/null |
        awk -F '\t' '{ sub("sctp.", "", $2) } $2 ~ /^(parameter_type|chunk_type|cause_code)$/ { print $2, tolower($3) }' >names
    packet_fields "$1" || { echo "tshark: $(head -n 3 tshark.log)"; return 1; }
    wrong=$(awk -F '\t' -v ours="$2" '
        function number(text, n, i) {
            if (text !~ /^0x/) return text + 0
            for (i = 3; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
            return n
        }
        function look(kind, text, n, i, parts) {
            n = split(text, parts, ",")
            for (i = 1; i <= n; i++)
                if (!((kind, number(parts[i])) in known)) print "packet " FNR ": " kind " " parts[i] " is not known"
        }
        FILENAME == "names" { split($0, word, " "); known[word[1], number(word[2])] = 1; next }
        $1 !~ /^1(,1)*$/ || $2 != "" { print "packet " FNR ": checksum " $1 ", " $2 }
        ($3 " " $4) ~ ours {
            packets++
            look("chunk_type", $6)
            look("parameter_type", $7)
            look("cause_code", $8)
            n = split($9, severity, ",")
            for (i = 1; i <= n; i++)
                if (severity[i] + 0 >= 6291456 && $16 !~ /^More than [0-9]+ TSNs were gap-acknowledged in this SACK.$/) {
                    print "packet " FNR ": " $16
                    break
                }
        }
        END { if (packets < 2) print "hardly any packet of ours" }' names "$1.fields")
    [ -z "$wrong" ] && return
    echo "tshark does not understand all of $1:"
    head -n 5 <<<"$wrong"
    return 1
}

count() { tshark -r "$1" -d udp.port==9899,sctp -Y "$2" 2>/dev/null | wc -l; }
keep() { [ -z "${HAWSER_KEEP:-}" ] || cp "$1" "$HAWSER_KEEP/$2-$EPOCHREALTIME.pcapng"; }

# ---- extensions -------------------------------------------------------------------------------------------------------

on_wire() {
    local name=$1 function=$2 result=0
    shift 2
    capture "$name" any || { cat capture.log; return 1; }
    "$function" "$@" || result=1
    capture_end && understood "$capture" "$(sent_by hawser)" || result=1
    [ $result -ne 0 ] || ! declare -F "wire_of_$name" >/dev/null || "wire_of_$name" "$@" || result=1
    keep "$capture" "$live-$name"
    return $result
}
chunks() { packets "$capture" "(\$3 \" \" \$4) ~ /$(sent_by "$1")/ && ($2)"; }
seen() { [ "$(chunks "$1" "has(6, $2)")" -gt 0 ] || { echo "$1 sent no $3"; return 1; }; }
unseen() { [ "$(chunks "$1" "has(6, $2)")" -eq 0 ] || { echo "$1 sent $3"; return 1; }; }
authenticated_all() {
    [ "$(chunks "$1" "has(6, $2) && \$6 !~ /^([0-9]+,)*15,/")" -eq 0 ] || { echo "$1 sent $3 without AUTH"; return 1; }
}
authenticated_by_both() {
    local who
    for who in "$@"; do
        authenticated_all "$who" 0 DATA || return 1
        [ "$(chunks "$who" 'has(10, 1)')" -gt 0 ] && [ "$(chunks "$who" 'has(10, 2)')" -gt 0 ] ||
            { echo "$who did not use both keys"; return 1; }
    done
}
