#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/portable.sh [TARGET...]: builds the core's own tests (tests/portable) for other machines and runs them here; for all
# targets if none is named. "scripts/setup.sh portable" installs what it takes. The last line is the count.
#
#   musl      x86-64 Linux with another C library
#   32bit     x86 Linux, with UndefinedBehaviorSanitizer
#   windows   x86-64 Windows, run by wine
#   s390x     a big-endian machine, run by qemu
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1

wine=/usr/lib/wine/wine64 # Debian's wine64
export WINEPREFIX=$PWD/build-portable/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
declare -A compilers=([musl]=musl-gcc [32bit]=gcc [windows]=x86_64-w64-mingw32-gcc [s390x]=s390x-linux-gnu-gcc)
targets=("$@")
[ $# -gt 0 ] || targets=(musl 32bit windows s390x)
for target in "${targets[@]}"; do
    [ -n "${compilers[$target]:-}" ] && continue
    echo "portable: no target \"$target\"; there are musl, 32bit, windows and s390x" >&2
    exit 2
done
passed=0 failed=0

# try TARGET CMAKE_ARGUMENT...
try() {
    local target=$1 build=build-portable/$1 begin=$SECONDS last
    shift
    printf '\n---- %s\n' "$target"
    if cmake -G Ninja -S tests/portable -B "$build" -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_COMPILER=${compilers[$target]}" "$@" \
        > "$build.log" 2>&1 && cmake --build "$build" >> "$build.log" 2>&1; then
        wait # for wine
        scripts/run-tests.sh "$build" > "$build.log" 2>&1
    fi
    last=$(tail -n 1 "$build.log")
    if [[ $last =~ ^([0-9]+)\ passed,\ 0\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
    else
        cat "$build.log"
        failed=$((failed + 1))
    fi
    printf '%s: %s, %d s\n' "$target" "$last" $((SECONDS - begin))
}

mkdir -p build-portable
for target in "${targets[@]}"; do
    case $target in
    musl) try musl -DCMAKE_EXE_LINKER_FLAGS=-static ;;
    32bit) try 32bit '-DCMAKE_C_FLAGS=-m32 -msse2 -mfpmath=sse -fsanitize=undefined -fno-sanitize-recover=all' ;;
    windows)
        rm -rf "$WINEPREFIX"
        "$wine" wineboot --init > build-portable/wine.log 2>&1 &
        try windows -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_EXE_LINKER_FLAGS=-static "-DCMAKE_CROSSCOMPILING_EMULATOR=$wine"
        "$(dirname "$wine")/wineserver64" --kill # that of WINEPREFIX alone
        rm -rf "$WINEPREFIX"
        ;;
    s390x)
        try s390x -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=s390x -DCMAKE_EXE_LINKER_FLAGS=-static \
            -DCMAKE_CROSSCOMPILING_EMULATOR=qemu-s390x
        ;;
    esac
done
printf '%d passed, %d failed\n' $passed $failed
[ $failed -eq 0 ]
