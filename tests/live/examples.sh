#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/live/examples.sh BIN_DIR: the programs of examples/ do what they say. Ends with "N passed, N failed".
set -u -o pipefail

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin examples "$1"
examples=$(dirname "$hawser")/examples

# gives STATUS COMMAND...: it ends with that.
gives() {
    local want=$1 status
    shift
    timeout 60 "$@" >out 2>err </dev/null
    status=$?
    [ $status -eq "$want" ] || { echo "status $status instead of $want"; return 1; }
}

start echo "$examples/echo" 7 0
check "echo listens" until_line echo.log ' over UDP port '
udp=$(sed -n 's/.* over UDP port \([0-9]*\)$/\1/p' echo.log)

check "own_loop" gives 0 "$examples/own_loop" "127.0.0.1:$udp" 7
check "own_loop: all came back" test "$(grep -c '^message [1-5] came back after [0-9]* us$' out)" -eq 5
check "own_loop: gracefully" grep -q '^ended, reason 1$' out
check "own_loop: nobody serves that port" gives 1 "$examples/own_loop" "127.0.0.1:$udp" 8
check "own_loop: nobody is there" gives 1 "$examples/own_loop" 127.0.0.1:9 7
check "own_loop: wrong arguments" gives 1 "$examples/own_loop" nonsense

# Larger than every buffer, so that they come back while they are sent; and at once, and unordered.
head -c 12000000 /dev/urandom >sent
echoed() { # OPTION...
    timeout 60 "$hawser" cat --udp "0:$udp" --linger 1 "$@" 127.0.0.1 7 <sent >back 2>err && [ "$(wc -c <back)" -eq 12000000 ]
}
check "echo: a message of 12 MB" echoed --size 12000000
check "echo: it came back" cmp sent back
check "echo: messages stay what they were, stream and payload protocol identifier too" echoed --stripe --size 3000000
check "echo: in order again" cmp sent back
check "echo: unordered" echoed --unordered --size 1000
check "echo: the port is in use" gives 1 "$examples/echo" 7 "$udp"

check "pipe" gives 0 "$examples/pipe"
check "pipe: all arrived" grep -q '^10000 messages, 10000000 bytes$' out

live_end
