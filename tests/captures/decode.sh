#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hawser decode: every form of input, what it says, and how it ends. Needs no capture: the packets are written here.
#   decode.sh PROGRAM
set -u
hawser=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

# expect STATUS PATTERN ARGUMENT...: runs hawser decode with standard input, and looks for the pattern in all that it says.
expect() {
    local status=$1 pattern=$2 said code
    shift 2
    said=$("$hawser" decode "$@" 2>&1)
    code=$?
    if [ "$code" != "$status" ] || ! grep -qE -- "$pattern" <<<"$said"; then
        echo "FAIL: hawser decode $*: status $code, not $status, or no \"$pattern\" in: $said"
        failures=$((failures + 1))
    fi
}
bytes() { printf "$(sed 's/ //g; s/../\\x&/g' <<<"$1")"; }

# A COOKIE ACK, its IPv4, its UDP and IPv4, its Ethernet and IPv4 frame.
sctp="1388 1389 1234abcd bce83c5d 0b00 0004"
ipv4="4500 0024 0000 0000 4084 0000 0a000001 0a000002"
udp="4500 002c 0000 0000 4011 0000 0a000001 0a000002 26ab 26ab 0018 0000"
ethernet="000000000002 000000000001 0800"
line='tag 0x1234abcd crc ok \| COOKIE ACK$'

expect 0 "^0.000000 #1 \*:5000 > \*:5001 $line" - <<<"$sctp"
expect 0 "10.0.0.1:5000 > 10.0.0.2:5001 $line" --link ip - <<<"$ipv4 $sctp"
expect 0 "10.0.0.1:5000 > 10.0.0.2:5001 udp 9899>9899 $line" --link=ip - <<<"$udp $sctp"
expect 0 "10.0.0.1:5000 > 10.0.0.2:5001 $line" --link ethernet - <<<"$ethernet $ipv4 $sctp"
expect 5 "no SCTP in 1 frames .*port 4000" --link ip --udp-port 4000 - <<<"$udp $sctp"
expect 0 "crc bad" - <<<"${sctp/abcd/abce}"
bytes "$sctp" >"$folder/raw"
expect 0 "$line" --raw "$folder/raw"
expect 0 "$line" --raw - <"$folder/raw"

# Dumps as xxd, hexdump -C, od -t x1, tcpdump -X and text2pcap have them; two packets; comments; what is no dump.
expect 0 "$line" - <<<"00000000: 1388 1389 1234 abcd bce8 3c5d 0b00 0004  .....4...U......"
expect 0 "$line" - <<<"00000000  13 88 13 89 12 34 ab cd  bc e8 3c 5d 0b 00 00 04  |.....4...U......|
00000010"
expect 0 "$line" - <<<"0000000 13 88 13 89 12 34 ab cd bc e8 3c 5d 0b 00 00 04
0000020"
expect 0 "$line" - <<<"	0x0000:  1388 1389 1234 abcd  .4
	0x0008:  bce8 3c5d 0b00 0004  .....4...U......"
expect 0 "^0.000000 #2 .*$line" - <<<"0000 13 88 13 89 12 34 ab cd
0008 bc e8 3c 5d 0b 00 00 04
0000 13 88 13 89 12 34 ab cd bc e8 3c 5d 0b 00 00 04"
expect 0 "^0.000000 #2 .*$line" - <<<"# first
$sctp

0x13, 0x88, 0x13, 0x89, 0x12, 0x34, 0xab, 0xcd, 0xbc, 0xe8, 0x3c, 0x5d, 0x0b, 0x00, 0x00, 0x04"
expect 5 "line 2: an odd number" - <<<"$sctp
123"
expect 5 "line 1: not a hexadecimal dump" - <<<"hawser"

# Captures: a whole one, one of a link that is not known, and every truncation of the first.
header() { bytes "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 $1"; }
record="01000000 02000000 24000000 24000000"
{ header 65000000 && bytes "$record $ipv4 $sctp" && bytes "$record $ipv4 $sctp"; } >"$folder/pcap"
expect 0 "^0.000000 #2 10.0.0.1:5000 > 10.0.0.2:5001 $line" "$folder/pcap"
{ header 69000000 && bytes "$record $ipv4 $sctp"; } >"$folder/link"
expect 5 "frame 1: link type 105 is not known" "$folder/link"
size=$(stat -c %s "$folder/pcap")
for ((n = 1; n < size; n++)); do
    head -c "$n" "$folder/pcap" >"$folder/part"
    case $n in
    [123]) expect 5 "too short for a capture" "$folder/part" ;;
    24) expect 5 "no SCTP in 0 frames" "$folder/part" ;;
    76) expect 0 "$line" "$folder/part" ;;
    *) expect 5 "the file ends inside" "$folder/part" ;;
    esac
done
{ header 65000000 && bytes "01000000 02000000 20000000 24000000 $ipv4 ${sctp% *}"; } | head -c 72 >"$folder/cut"
expect 0 "cut short by the capture \(32 of 36 bytes\)" "$folder/cut"
bytes "00 01 02" >"$folder/binary"
expect 5 "too short for a capture" "$folder/binary"
expect 5 "neither a pcap nor a pcapng file" "$hawser"
expect 5 "No such file" "$folder/nothing"
expect 5 "Is a directory" "$folder"

# Arguments.
expect 0 "^usage: hawser decode" --help
expect 0 "^hawser [0-9]" --version
expect 1 "FILE is missing"
expect 1 "more than one FILE" a b
expect 1 '--udp-port: "65536" is not a port' --udp-port 65536 a
expect 1 '--udp-port: "x" is not a port' --udp-port x a
expect 1 '--link: "token-ring" is not' --link token-ring a
expect 1 "no-such-option" --no-such-option a

# A full disk is told.
if [ -e /dev/full ]; then
    "$hawser" decode --raw "$folder/raw" >/dev/full 2>"$folder/said"
    if [ $? != 5 ] || ! grep -q "standard output" "$folder/said"; then
        echo "FAIL: hawser decode to a full disk: $(cat "$folder/said")"
        failures=$((failures + 1))
    fi
fi

echo "$failures failures"
[ "$failures" = 0 ]
