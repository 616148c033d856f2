#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/setup.sh build|test|bench|portable|package|ci: installs what is missing on Debian and its kin, and says what. Each
# profile includes build, and ci includes all. Calls no package manager when nothing is missing. Without the right to install,
# prints the command to run and fails.
set -u

profile=${1:-}
case $profile in
build | test | bench | portable | package | ci) ;;
*) echo "usage: scripts/setup.sh build|test|bench|portable|package|ci" >&2; exit 2 ;;
esac

# need PACKAGE COMMAND...: the package is missing if the command fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
program() { command -v "$1"; }
clang_runtime() { ls "$(clang -print-runtime-dir)"/libclang_rt.fuzzer-*.a; }
lib32gcc=lib32gcc-$(gcc -dumpversion 2>/dev/null || echo 12)-dev
lib32gcc() { test -e "$(gcc -m32 -print-libgcc-file-name)"; }
usrsctp_examples() { test -x /usr/lib/usrsctp/echo_server || dpkg -s libusrsctp-examples; }

look() {
    missing=()
    need gcc program gcc
    need libc6-dev test -e /usr/include/stdio.h
    need cmake program cmake
    need ninja-build program ninja
    need pkg-config program pkg-config
    need libssl-dev pkg-config --exists 'libcrypto >= 3'
    if [ "$profile" = test ] || [ "$profile" = ci ]; then
        need libcmocka-dev pkg-config --exists cmocka
        need g++ program g++
        need tshark program tshark
        need libusrsctp-examples usrsctp_examples
        need iproute2 program ip
        need jq program jq
        need libxml2-utils program xmllint
    fi
    if [ "$profile" = bench ] || [ "$profile" = ci ]; then
        need valgrind program valgrind
    fi
    if [ "$profile" = test ] || [ "$profile" = bench ] || [ "$profile" = ci ]; then
        need libusrsctp-dev pkg-config --exists usrsctp
    fi
    if [ "$profile" = portable ] || [ "$profile" = ci ]; then
        need musl-tools program musl-gcc
        need "$lib32gcc" lib32gcc
        need libc6-dev-i386 test -e /usr/lib32/libc.a
        need gcc-mingw-w64-x86-64-win32 program x86_64-w64-mingw32-gcc
        need wine64 test -x /usr/lib/wine/wine64
        need gcc-s390x-linux-gnu program s390x-linux-gnu-gcc
        need libc6-dev-s390x-cross test -e /usr/s390x-linux-gnu/lib/libc.a
        need qemu-user program qemu-s390x
    fi
    if [ "$profile" = package ] || [ "$profile" = ci ]; then
        need build-essential dpkg -s build-essential
        need libcmocka-dev pkg-config --exists cmocka
        need debhelper program dh
        need lintian program lintian
    fi
    if [ "$profile" = ci ]; then
        need clang program clang
        need clang-tidy program clang-tidy
        need libclang-rt-dev clang_runtime
        need user-mode-linux test -x /usr/bin/linux.uml
        need ethtool program ethtool
        need kmod program insmod
    fi
}

look
[ ${#missing[@]} -eq 0 ] && exit 0

echo "setup: missing: ${missing[*]}"
install="apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${missing[*]}"
refuse() {
    printf 'setup: %s. As root, run:\n\n    %s\n\n' "$1" "$install" >&2
    exit 1
}
command -v apt-get >/dev/null || refuse "there is no apt-get here; install the like of these packages"
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null; then
    as_root=(sudo)
    [ -t 0 ] || as_root=(sudo -n)
else
    refuse "only root may install packages and there is no sudo"
fi

echo "setup: installing ${missing[*]}"
"${as_root[@]}" sh -c "{ $install; } </dev/null" >&2 || refuse "installing failed"
echo "setup: installed ${missing[*]}"
look
[ ${#missing[@]} -eq 0 ] || { echo "setup: still missing after the installation: ${missing[*]}" >&2; exit 1; }
