#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/api/install.sh BUILD_DIR C_COMPILER C++_COMPILER: installs into a folder of its own and uses what lies there as a stranger
# would: every header alone in C and C++, programs found through pkg-config (shared and static) and through find_package.
set -eu
build=$(realpath "${1:?usage: install.sh BUILD_DIR C_COMPILER C++_COMPILER}")
c=$2 cxx=$3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() {
    echo "$*"
    exit 1
}
DESTDIR='' cmake --install "$build" --prefix "$folder/usr" > "$folder/log" || { cat "$folder/log"; fail "installing failed"; }
cd "$folder"
library=$(dirname "$(find usr -name libhawser.so)")
export PKG_CONFIG_PATH=$folder/$library/pkgconfig LD_LIBRARY_PATH=$folder/$library

for name in check.h sim.h; do
    [ ! -e "usr/include/hawser/$name" ] || fail "$name must not be installed"
done
libraries=$(find usr -name '*hawser-sim*' -not -path '*/man/*')
[ -z "$libraries" ] || fail "the simulator must not be installed: $libraries"

for header in usr/include/hawser/*.h; do
    name=hawser/$(basename "$header")
    printf '#include <%s>\n' "$name" > alone.c
    cp alone.c alone.cc
    "$c" -std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -Iusr/include -fsyntax-only alone.c ||
        fail "$name does not stand alone in C"
    "$cxx" -std=c++17 -Wall -Wextra -Werror -Iusr/include -fsyntax-only alone.cc || fail "$name does not stand alone in C++"
done

cat > core.c <<'END'
#include <hawser/hawser.h>
#include <stdio.h>

int main(void) {
    return puts(hawser_error_text(HAWSER_ERR_GONE)) < 0 || hawser_new(NULL, NULL, NULL) != HAWSER_ERR_ARGUMENT;
}
END
cat > whole.c <<'END'
#include <hawser/loop.h>

int main(void) {
    struct hawser_host host;
    hawser *stack;
    hawser_host_default(&host);
    if (hawser_new(&stack, NULL, &host))
        return 1;
    hawser_free(stack);
    return 0;
}
END
sed 's/(&stack, NULL, &host)/(\&stack, nullptr, \&host)/' whole.c > whole.cc

# soname PROGRAM WANTED: which of our libraries the program asks the loader for.
soname() { readelf -d "$1" | grep -q "NEEDED.*\[$2\]" || fail "$1 does not ask for $2"; }
version=$(pkg-config --modversion hawser)
minor=${version%.*}
grep -q "^#define HAWSER_VERSION \"$version\"" usr/include/hawser/hawser.h || fail "hawser.pc has another version than hawser.h"

"$c" -o core core.c $(pkg-config --cflags --libs hawser-core)
"$c" -o whole whole.c $(pkg-config --cflags --libs hawser)
"$cxx" -o whole-cxx whole.cc $(pkg-config --cflags --libs hawser)
"$c" -o core-static core.c $(pkg-config --cflags hawser-core) "$library/libhawser-core.a"
"$c" -o whole-static whole.c $(pkg-config --cflags hawser) "$library/libhawser.a" $(pkg-config --libs libcrypto)
soname core "libhawser-core.so.$minor"
soname whole "libhawser.so.$minor"
! readelf -d "$library/libhawser-core.so" | grep NEEDED | grep -v 'libc\.' || fail "libhawser-core.so needs more than libc"

mkdir user
cp core.c whole.c user
cat > user/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.21)
project(user C)
find_package(hawser $minor REQUIRED)
add_executable(core core.c)
target_link_libraries(core hawser::core)
add_executable(whole whole.c)
target_link_libraries(whole hawser::hawser)
END
cmake -S user -B user/build -DCMAKE_C_COMPILER="$c" -DCMAKE_PREFIX_PATH="$folder/usr" > log 2>&1 &&
    cmake --build user/build > log 2>&1 || { cat log; fail "find_package(hawser) does not work"; }

for program in core whole whole-cxx core-static whole-static user/build/core user/build/whole; do
    "./$program" > log || { cat log; fail "$program fails"; }
done
[ ! -e usr/bin/hawser ] || usr/bin/hawser --help > log || fail "the installed program does not run"
