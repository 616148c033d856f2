# SPDX-License-Identifier: MIT
#
# A thin front for CMake: all goes into build/. What is missing on a Debian machine is installed first (scripts/setup.sh).
# CMAKE_FLAGS reaches the configuration, CTEST_FLAGS ctest: make test CMAKE_FLAGS=-DHAWSER_WERROR=ON CTEST_FLAGS="-L unit"

PREFIX ?= /usr/local
CMAKE_FLAGS ?=
CTEST_FLAGS ?=
BENCH ?=
QUICK ?=

all:
	@scripts/setup.sh build
	@$(MAKE) --no-print-directory build-only

build-only:
	@cmake --preset release $(CMAKE_FLAGS) > /dev/null
	@cmake --build build

# Sends a real file over an association on loopback.
demo: all
	@scripts/demo.sh

# Every test that can run here; the last line is the count.
test:
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory build-only
	@scripts/run-tests.sh build $(CTEST_FLAGS)

# Figures beside usrsctp's and the machine's limit: a table and build/bench.json. QUICK=1: less exact, in a minute; BENCH=PATTERN:
# a part, by its name.
bench:
	@scripts/setup.sh bench
	@cmake --preset release $(CMAKE_FLAGS) > /dev/null
	@cmake --build build --target bench-programs
	@BENCH='$(BENCH)' bench/run.sh build $(if $(QUICK),quick,full)

install: build-only
	@cmake --install build --prefix $(PREFIX)

clean:
	rm -rf build

.PHONY: all build-only demo test bench install clean
