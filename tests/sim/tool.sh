#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/sim/tool.sh BIN_DIR: hawser sim from the outside: pictures are well-formed, JSON is JSON, both agree with the text,
# samples change nothing, options for links of one's own do what they say, and wrong ones are named.
set -u -o pipefail
hawser=$(realpath "$1/hawser") || exit 1
for program in jq xmllint; do
    command -v $program >/dev/null || { echo "skipped: there is no $program (scripts/setup.sh test)"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# check NAME COMMAND...
check() {
    local name=$1
    shift
    "$@" >check.log 2>&1 && return
    failed=$((failed + 1))
    echo "FAILED: $name: $*"
    tail -n 5 check.log | cut -c 1-400
}
sim() { "$hawser" sim "$@"; }
# says FILTER < JSON: the filter of jq is true for each line.
says() { jq -e -s "length > 0 and all(.[]; $1)"; }
# ends STATUS TEXT ARGUMENT...: the exit status, and what the message says.
ends() {
    local status=$1 text=$2 said
    shift 2
    said=$(sim "$@" 2>&1)
    [ $? -eq "$status" ] && [[ $said == *"$text"* ]] || { echo "$said"; false; }
}
# count FILE PATTERN
count() { grep -c -- "$2" "$1"; }

# A picture: each panel is there, with curves for each path and marks.
for run in "lossy 1" "path-failure 7" "slow-reader 3" "two-paths 2" "routes 1" "many-associations 1" "restart 1" "mtu-abyss 1"; do
    set -- $run
    check "picture of $1" sim --scenario "$1" --seed "$2" --svg "$1.svg"
    check "$1.svg is XML" xmllint --noout "$1.svg"
    for panel in "Congestion window" "Queue of the network" "Round-trip time" "Send queues" "Goodput" "Lost and sent again"; do
        check "$1.svg shows $panel" grep -q ">$panel" "$1.svg"
    done
    check "$1.svg has numbers only" bash -c '! grep -E "[^a-z](nan|inf)[^a-z]" "$0"' "$1.svg"
    check "$1.svg is of a decent size" test "$(wc -c <"$1.svg")" -lt 400000
done
check "a cut path is shaded" grep -q 'class="cut here"' path-failure.svg
check "an uncut one is not" bash -c '! grep -q "class=\"cut" lossy.svg'
check "losses are counted" grep -q '>lost: [1-9][0-9]*<' lossy.svg
check "a picture of one's own link" sim --seed 1 --link 1M,5ms --bytes 10K --svg own.svg
check "what was asked for is told" grep -q -- "--link 1M,5ms --bytes 10K" own.svg
long=(--size 1000 --bytes 20K --set rto_min=200000 --set rto_max=900000)
check "a picture of four links" sim --seed 1 "${long[@]}" --link 1M,5ms,queue=20ms --link 2M,20ms,loss=2% \
    --link 100mbit,25ms,queue=50ms,jitter=2ms,duplicate=0.1% --link 3M,5ms --svg long.svg
check "their options are told in lines that fit" test "$(sed -n 's/.*class="note">\(.*\)<.*/\1/p' long.svg |
    awk '/ --set rto_max=900000/ { all++ } /link 3M,5ms/ { all++ } length($0) > 150 { all = 9 } END { print all }')" -eq 2

# JSON: one object a run, the same numbers as in the text.
sim --scenario lossy --seed 42 --json >one.json
sim --scenario lossy --seed 42 >one.txt
sim --scenario lossy --seed 42 --json --samples 200 --svg one.svg >series.json
sim --scenario lossy --seed 41 --runs 3 --json >three.json
check "JSON of one run" says '.ok and .scenario == "lossy" and .seed == 42 and .complaint == "" and .paths == 1' <one.json
check "it agrees with the text" grep -q "$(jq -r '"\(.messages_sent) sent, \(.messages_delivered) delivered"' one.json)" one.txt
check "three runs, three lines" says '.ok' <three.json
check "three runs, three lines" test "$(wc -l <three.json)" -eq 3
check "a seed is a run" test "$(jq -r .hash one.json)" = "$(sed -n 2p three.json | jq -r .hash)"
check "samples change nothing" test "$(jq -r .hash one.json)" = "$(jq -r .hash series.json)"
check "all series are as long" says '
    [to_entries[] | select(.value | type == "array") | select(.key | startswith("series_")) | .value | length] |
    length == 23 and (unique | length == 1) and .[0] > 190 and .[0] <= 200' <series.json
check "they end where the sum is" says '
    (.series_from0_delivered_bytes[-1] + .series_from1_delivered_bytes[-1]) == .bytes_delivered and
    (.series_from0_chunks_retransmitted[-1] + .series_from1_chunks_retransmitted[-1]) == .chunks_retransmitted and
    (.series_path1_from0_packets_lost[-1] + .series_path1_from1_packets_lost[-1]) == .packets_lost' <series.json
check "they begin with nothing" says '.series_time_s[0] == 0 and .series_from0_delivered_bytes[0] == 0' <series.json
check "the window moves" says '
    (.series_path1_cwnd | unique | length) > 10 and (.series_path1_network_rtt_ms | min) == 20' <series.json

# Links of one's own.
check "rate, delay, queue, loss" says '.path1_from0_rate_bps == 100000000 and .path1_from1_delay_s == 0.025 and
    .path1_from0_queue_bytes == 625001 and .path1_from0_loss == 0.01 and .paths == 1 and .goodput_fraction < 0.2' < \
    <(sim --link 100mbit,25ms,queue=50ms,loss=1% --time 5s --size 1200 --seed 1 --json)
check "a clean link is filled" says '.goodput_fraction > 0.9 and .goodput_fraction < 0.962 and .goodput_from1_bps == 0' < \
    <(sim --link 10mbit,5ms,queue=100ms --time 10s --size 1200 --seed 1 --json)
check "two links are two paths" says '.paths == 2 and .path1_from0_rate_bps == 1000000 and .path2_from0_delay_s == 0.02 and
    .path2_from0_loss == 0.02 and .path1_from0_loss == 0.005' < \
    <(sim --seed 1 --loss 0.5% --link 1M,5ms --link 2M,20ms,loss=2% --bytes 10K --json)
check "so many bytes" says '.messages_sent == 10 and .bytes_delivered == 10000' < \
    <(sim --seed 1 --bytes 10000 --size 1000 --json)
check "a setting" says '.chunks_sent == 100' < <(sim --seed 1 --bytes 10000 --size 1000 --set fragment_max=100 --json)
check "output goes nowhere" ends 5 "cannot be written" --scenario clean --svg /dev/full
check "no such folder" ends 5 "--svg: /no/where.svg" --scenario clean --svg /no/where.svg
check "a picture of one run" ends 1 "--svg" --svg x.svg --scenario clean --runs 2
check "samples of what" ends 1 "--samples" --scenario clean --samples 10
check "links and paths" ends 1 "--paths" --link 1M,1ms --paths 2
for wrong in 1M 1M,1 x,1ms 1M,1ms,loss 1M,1ms,colour=red 1M,1ms,loss=200% 1M,,loss=1% "" 1M,1ms,; do
    check "--link $wrong" ends 1 "--link: '$wrong'" --link "$wrong"
done
check "--runs below 1" ends 1 "--runs: ' -5'" --runs " -5"
check "more options than can be told" ends 1 "too many options" $(printf -- '--loss %s ' $(seq 0.0001 0.0001 0.05))
check "--set of nothing" ends 1 "--set" --set nothing=1
check "five links" ends 1 "--link" --link 1M,1ms --link 1M,1ms --link 1M,1ms --link 1M,1ms --link 1M,1ms

[ $failed -eq 0 ]
