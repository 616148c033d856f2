#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/package.sh [--try]: makes Debian packages of what is committed: the libraries, their development files, the tools. They
# are built from an export of HEAD, judged by lintian, and put into build/packages. With --try, as root, they are also installed,
# a program is built with what the packages brought, and they are removed again.
set -eu
cd "$(dirname "$0")/.."

try=no
case "${1:-}" in
'') ;;
--try) try=yes ;;
*) echo "usage: scripts/package.sh [--try]" >&2; exit 2 ;;
esac
[ $try = no ] || [ "$(id -u)" -eq 0 ] || { echo "package: only root can install packages" >&2; exit 1; }
scripts/setup.sh package

out=$PWD/build/packages
work=$(mktemp -d "${TMPDIR:-/tmp}/hawser-package.XXXXXX")
installed=()
clean_up() {
    [ ${#installed[@]} -eq 0 ] || dpkg --purge "${installed[@]}" > /dev/null
    rm -rf "$work"
}
trap clean_up EXIT
fail() {
    echo "package: $*" >&2
    exit 1
}

version=$(dpkg-parsechangelog -S Version)
grep -q "^#define HAWSER_VERSION \"$version\"$" include/hawser/hawser.h ||
    fail "debian/changelog says $version, include/hawser/hawser.h something else"
mkdir "$work/hawser-$version"
git -c safe.directory="$PWD" archive HEAD | tar -x -C "$work/hawser-$version"
cd "$work/hawser-$version"
dpkg-buildpackage -us -uc -J"$(nproc)" > "$work/log" 2>&1 || { tail -n 100 "$work/log"; fail "building failed"; }
cd "$work"
lintian --allow-root --fail-on error,warning hawser_*.changes || fail "lintian is not content"
rm -rf "$out"
mkdir -p "$out"
cp hawser_* ./*.deb "$out"
ls -l "$out"
[ $try = yes ] || exit 0

packages=(hawser-tools libhawser-dev libhawser0.1)
for package in "${packages[@]}"; do
    ! dpkg -s "$package" > /dev/null 2>&1 || fail "$package is installed already: remove it before --try"
done
installed=("${packages[@]}")
dpkg --install "${packages[@]/%/_${version}_$(dpkg --print-architecture).deb}" > /dev/null
mkdir user
cd user
cp ../"hawser-$version/examples/readme.c" .
printf 'cmake_minimum_required(VERSION 3.21)\nproject(user C)\nfind_package(hawser 0.1 REQUIRED)\nadd_executable(user readme.c)
target_link_libraries(user hawser::hawser)\n' > CMakeLists.txt
cc -std=c11 -o shared readme.c $(pkg-config --cflags --libs hawser)
cc -std=c11 -o static readme.c $(pkg-config --cflags hawser) -Wl,-Bstatic -lhawser -Wl,-Bdynamic $(pkg-config --libs libcrypto)
cmake -B build > /dev/null
cmake --build build > /dev/null
for program in ./shared ./static build/user; do
    said=$("$program")
    [ "$said" = 'stream 3: Make fast!' ] || fail "$program, built with the installed packages, says: $said"
done
[ "$(hawser --version)" = "hawser $version" ] || fail "hawser --version says: $(hawser --version)"
hawser sim --scenario lossy --seed 1 > log || { cat log; fail "the installed hawser does not simulate"; }
for page in "$work/hawser-$version"/man/*.[17]; do
    dpkg -L hawser-tools | grep -q "/man${page##*.}/$(basename "$page")\.gz$" || fail "$(basename "$page") is in no package"
done
echo "installed, used and removed: ${installed[*]}"
