#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/live/ip.sh BIN_DIR: plain IP (protocol 132). Two hosts, network namespaces, with two paths over IPv4 and IPv6: path 0
# leads through a router to a link with a smaller MTU, path 1 is direct. Needs root.
set -u -o pipefail

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

net_needed
[ ! -e /proc/net/sctp ] || skip "the kernel's SCTP is loaded"
live_begin ip "$1"

router=hawser-live-$$-router
near=hawser-live-$$-near far=hawser-live-$$-far
trap 'ip netns del "$router" 2>/dev/null; live_clean' EXIT

# link HOST INTERFACE ADDRESSES HOST INTERFACE ADDRESSES MTU
link() {
    local i
    ip link add "$2" netns "$1" mtu "$7" type veth peer name "$5" netns "$4" mtu "$7" || return 1
    for i in 1 4; do
        ip netns exec "${!i}" sysctl -q -w "net.ipv6.conf.all.accept_dad=0" net.ipv6.conf.default.accept_dad=0
    done
    for i in $3; do ip -n "$1" addr add "$i" dev "$2"; done
    for i in $6; do ip -n "$4" addr add "$i" dev "$5"; done
    ip -n "$1" link set "$2" up && ip -n "$4" link set "$5" up
}
for name in $near $far $router; do
    ip netns add "$name" && ip -n "$name" link set lo up || exit 1
done
ip netns exec $router sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
link $near p0 "10.91.0.1/24 fd91::1/64" $router r0 "10.91.0.254/24 fd91::fe/64" 1500
link $router r1 "10.91.1.254/24 fd91:1::fe/64" $far p0 "10.91.1.1/24 fd91:1::1/64" 1400
link $near p1 "10.92.0.1/24 fd92::1/64" $far p1 "10.92.0.2/24 fd92::2/64" 1500
ip -n $near route add 10.91.1.0/24 via 10.91.0.254
ip -n $near route add fd91:1::/64 via fd91::fe
ip -n $far route add 10.91.0.0/24 via 10.91.1.254
ip -n $far route add fd91::/64 via fd91:1::fe
head -c 3000000 /dev/urandom >random

# sniff NAME FILTER INTERFACE...: what near sends and gets there
sniff() {
    local name=$1 filter=$2 interface interfaces=()
    shift 2
    for interface; do interfaces+=(-i "$interface"); done
    start capture near dumpcap -q -B 16 -f "$filter" "${interfaces[@]}" -w "$work/$name.pcapng"
    capturing=$started
    until_line capture.log '^File: '
}
serve() {
    start server far "$hawser" "$@"
    server=$started
    until_line server.log "listening on"
}
serve_no_more() { kill -INT "$server" && ended "$server" 0; }
client() { near timeout 60 "$hawser" "$@" 2>client.log; }
shown() { tshark -r "$1.pcapng" -Y "$2" 2>/dev/null | wc -l; }
sctp="ip proto 132 or ip6 proto 132" icmp="icmp or icmp6"

# ---- a file, over either family ---------------------------------------------------------------------------------------

for address in 10.92.0.2 fd92::2; do
    own=${address%2}1
    sniff direct "$sctp" p1 p0
    serve cat -l -v --ip --no-input 5000 >/dev/null
    check "$address: a file" client cat --ip -v --bind "$own" $address 5000 <random
    check "$address: the listener ends" ended "$server" 0
    check "$address: it is whole" cmp random server.out
    capture_end
    check "$address: tshark is content" judge direct.pcapng -- 100
    check "$address: DF on all IPv4" test "$(shown direct 'ip && ip.flags.df == 0')" -eq 0
    check "$address: ECT(0) on packets with DATA, and on no others" test \
        "$(shown direct 'sctp.data_tsn && (ip.dsfield.ecn == 2 || ipv6.tclass.ecn == 2)')" -ge 100 -a \
        "$(shown direct '!sctp.data_tsn && (ip.dsfield.ecn != 0 || ipv6.tclass.ecn != 0)')" -eq 0
    check "$address: no UDP" test "$(shown direct 'udp')" -eq 0
done

# ---- a smaller link on the way ----------------------------------------------------------------------------------------

for address in 10.91.1.1 fd91:1::1; do
    [ $address = 10.91.1.1 ] && own=10.91.0.1 || own=fd91::1
    sniff small "($sctp) or ($icmp)" p0
    serve cat -l -v --ip --bind $address --no-input 5000
    check "$address: over a link of 1400 bytes" client cat --ip --trace trace --bind "$own" $address 5000 <random
    check "$address: the listener ends" ended "$server" 0
    check "$address: it is whole" cmp random server.out
    capture_end
    check "$address: a router complained" test "$(shown small '(icmp.type == 3 && icmp.code == 4) || icmpv6.type == 2')" -ge 1
    check "$address: and was believed" grep -q "mtu 1400" trace
    check "$address: ever after packets fit" test "$(shown small 'sctp.data_tsn && frame.len == 1514 && !icmp && !icmpv6')" -lt 60
done

# ---- several addresses ------------------------------------------------------------------------------------------------

sniff both "$sctp" p0 p1
serve cat -l -v --ip --bind 10.92.0.2 --bind 10.91.1.1 --no-input 5000
check "two paths" client cat --ip -v --bind 10.92.0.1 --bind 10.91.0.1 --set hb_interval=100000 --linger 1 10.92.0.2 5000 <random
check "two paths: the listener ends" ended "$server" 0
check "two paths: it is whole" cmp random server.out
capture_end
check "two paths: both are used" test "$(shown both 'ip.src == 10.91.0.1 && ip.dst == 10.91.1.1')" -ge 1
check "two paths: each from its own address" test \
    "$(shown both '(ip.src == 10.91.0.1 && ip.dst == 10.92.0.2) || (ip.src == 10.92.0.1 && ip.dst == 10.91.1.1)')" -eq 0
check "two paths: the other is active" grep -q "path 2 to 10.91.1.1 is active" client.log

serve echo -v --ip 5000
check "all addresses of the machine" client cat --ip -v --pcap all.pcapng 10.92.0.2 5000 <<<hallo >answer
check "... the answer" grep -q hallo answer
for address in 10.91.1.1 fd91:1::1 fd92::2; do
    check "... $address is listed" grep -q "$address" <(tshark -r all.pcapng -Y 'sctp.chunk_type == 2' -O sctp 2>/dev/null)
done
tshark -r all.pcapng -Y 'sctp.chunk_type == 1 || sctp.chunk_type == 2' -O sctp 2>/dev/null >all
check "... loopback and link-local are not" test "$(grep -c -e 'address parameter (Address: \(127\|::1\|fe80\)' all)" -eq 0

# ---- nobody is there --------------------------------------------------------------------------------------------------

sniff quiet "$icmp" p0 p1
near timeout 2 "$hawser" cat --ip --no-input 10.92.0.2 7 2>client.log
check "no listener on this port, which may be another program's: silence" test $? -eq 124
serve_no_more
capture_end
check "protocol unreachable is not said while someone has a raw socket" test \
    "$(shown quiet 'icmp.code == 2 || icmpv6.type == 4')" -eq 0
for address in 10.92.0.2 fd92::2; do
    SECONDS=0
    near timeout 60 "$hawser" cat --ip --no-input $address 5000 2>client.log
    check "$address: without SCTP there, the network says so" test $? -eq 2 -a $SECONDS -lt 30
    check "$address: ... that is what is told" grep -q "nobody speaks SCTP there" client.log
done

# ---- both kinds of peers ----------------------------------------------------------------------------------------------

serve echo -v --ip --udp 9899 5000
check "a plain peer" client cat --ip 10.92.0.2 5000 <<<plain >plain.out
check "an encapsulated peer of the same listener" client cat --udp 9898:9899 10.92.0.2 5000 <<<udp >udp.out
check "one carrier for both, over UDP" client cat --ip --udp 9897 10.92.0.2:9899 5000 <<<both >both.out
check "... and what they said" test "$(cat plain.out udp.out both.out)" = "$(printf 'plain\nudp\nboth')"
serve_no_more

# ---- link-local addresses: with their zone -----------------------------------------------------------------------------

link_local() { ip -n "$1" -6 -o addr show dev p1 scope link | awk '{ sub("/.*", "", $4); print $4 "%p1" }'; }
serve echo -v --ip --udp 9899 5000
check "link-local, plain" client cat --ip "$(link_local $far)" 5000 <<<plain >plain.out
check "link-local, from such an address, over UDP" \
    client cat --udp 9898:9899 --bind "$(link_local $near)" "$(link_local $far)" 5000 <<<udp >udp.out
check "... and what they said" test "$(cat plain.out udp.out)" = "$(printf 'plain\nudp')"
serve_no_more
serve echo -v --udp 9899 --bind "$(link_local $far)" 5000
check "link-local, at such an address" client cat --udp 9898:9899 "$(link_local $far)" 5000 <<<there >udp.out
check "... and what it said" test "$(cat udp.out)" = there
serve_no_more

# ---- several programs -------------------------------------------------------------------------------------------------

start one far "$hawser" echo -v --ip 5001
one=$started
serve echo -v --ip 5002
start other near "$hawser" cat --ip --linger 1 10.92.0.2 5001 <random
client cat --ip --linger 1 10.92.0.2 5002 <random >answer
check "two programs in each place: the second" cmp random answer
serve_no_more
kill -INT "$one" && ended "$one" 0
start server far "$hawser" perf -s -v --ip
server=$started
until_line server.log "listening on"
check "perf" near timeout 60 "$hawser" perf -c --ip --time 1 --parallel 3 --json --quiet 10.92.0.2 >perf.json 2>client.log
check "... all of it arrived" grep -q '"whole": true' perf.json
check "... in batches" jq -e -s 'map(select(.type == "sum"))[0] | .packets_sent > 2 * .send_calls' perf.json >/dev/null
serve_no_more

# ---- no capability ----------------------------------------------------------------------------------------------------

near setpriv --reuid 65534 --clear-groups --inh-caps -all --bounding-set -all "$hawser" cat --ip 10.92.0.2 5000 </dev/null \
    2>client.log
check "without CAP_NET_RAW: status" test $? -eq 5
check "without CAP_NET_RAW: a reason" grep -q "CAP_NET_RAW" client.log

live_end
