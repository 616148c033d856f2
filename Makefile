# SPDX-License-Identifier: MIT
#
# A thin front for CMake: all goes into build/. What is missing on a Debian machine is installed first (scripts/setup.sh).
# CMAKE_FLAGS reaches the configuration, for example: make CMAKE_FLAGS=-DHAWSER_WERROR=ON

PREFIX ?= /usr/local
CMAKE_FLAGS ?=

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
	@scripts/run-tests.sh build

install: build-only
	@cmake --install build --prefix $(PREFIX)

clean:
	rm -rf build

.PHONY: all build-only demo test install clean
