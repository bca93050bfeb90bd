#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds everything with warnings as errors and runs every suite.
#   sh tests/run.sh                    all suites
#   sh tests/run.sh ARGS...            passed on to meson test, such as --suite unit
# VLLMPLAN_BUILD: the build folder, ./build when not set.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/docs/setup.sh"
build=${VLLMPLAN_BUILD:-$root/build}

install_needs tests
install_binding_needs
configure "$build" "$root" -Dwerror=true -Dtests=true
ninja -C "$build"

status=0
meson test -C "$build" --no-rebuild --print-errorlogs "$@" || status=$?
python3 "$root/tests/support/count.py" "$build/meson-logs/testlog.json" || [ "$status" -ne 0 ] || status=1
exit "$status"
