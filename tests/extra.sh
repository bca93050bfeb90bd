#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The slower checks, after tests/run.sh: the other compiler, sanitizers, valgrind, many calls through each
# binding, the Python package, freshness of the tables.
# Nothing here is needed to work on the project; every step says what it is and ends with its own count.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/docs/setup.sh"
build=${VLLMPLAN_BUILD:-$root/build}

# Only what is not there.
missing_tools() {
    command -v clang >/dev/null 2>&1 || echo clang
    command -v valgrind >/dev/null 2>&1 || echo valgrind
}
install_needs tests
install_binding_needs
# shellcheck disable=SC2046  # package names, one word each
install_packages $(missing_tools)

failed=0
# $1: build folder; the rest goes to meson test.
run_suites() {
    folder=$1
    shift
    meson test -C "$folder" --no-rebuild --print-errorlogs "$@" || failed=1
    # a run under a wrapper has a log of its own name
    python3 "$root/tests/support/count.py" "$(ls -t "$folder"/meson-logs/testlog*.json | head -n 1)" || failed=1
}

echo "== clang, what is compiled"
CC=clang configure "$build-clang" "$root" -Dwerror=true
ninja -C "$build-clang"
# what runs the same command from outside once more takes minutes and says nothing about the compiler
run_suites "$build-clang" --no-suite types --no-suite node --no-suite python --no-suite oracle --no-suite check \
    --no-suite cli

echo "== AddressSanitizer and UndefinedBehaviorSanitizer"
configure "$build-sanitize" "$root" -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false
ninja -C "$build-sanitize"
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
VLLMPLAN_MUTATIONS=10000 # damaged logs
export UBSAN_OPTIONS VLLMPLAN_MUTATIONS
run_suites "$build-sanitize" --suite unit --suite api --suite vectors --suite diagnose --timeout-multiplier 4
unset UBSAN_OPTIONS VLLMPLAN_MUTATIONS

echo "== valgrind"
[ -f "$build/build.ninja" ] || configure "$build" "$root" -Dwerror=true
ninja -C "$build"
run_suites "$build" --suite unit --suite api --timeout-multiplier 10 \
    --wrapper 'valgrind --quiet --error-exitcode=9 --leak-check=full'

echo "== memory over many calls through each binding"
VLLMPLAN_CALLS=${VLLMPLAN_CALLS:-20000} # VLLMPLAN_CALLS=100000 asks for as many, and for minutes
export VLLMPLAN_CALLS
run_suites "$build" --timeout-multiplier 10 --verbose python node
unset VLLMPLAN_CALLS

echo "== the Python package: sdist, wheel, an empty virtual environment"
status=0
sh "$root/tests/packages/python.sh" "$build/python-package" || status=$?
case $status in
0) echo "1 passed, 0 failed" ;;
77) ;;
*) failed=1 ;;
esac

echo "== rendered plans before Kubernetes' schemas and docker-compose"
if python3 -c 'import ensurepip, venv' 2>/dev/null; then
    [ -x "$build/render-venv/bin/pip" ] || python3 -m venv "$build/render-venv"
    if "$build/render-venv/bin/pip" install --quiet --retries 1 pyyaml kubernetes-validate; then
        "$build/render-venv/bin/python" "$root/tests/render/validate.py" "$build/src/cli/vllmplan" || failed=1
    else
        echo "skipped: pip cannot reach an index of packages"
    fi
else
    echo "skipped: this Python has no venv"
fi

if [ -d "$root/../shared/vllm" ]; then
    echo "== the tables are those that the collected facts give"
    python3 "$root/docs/tools/make_tables.py" --check "$root/../shared" || failed=1
else
    echo "== skipped: no folder ../shared with the facts behind the tables"
fi

if [ "$failed" -eq 0 ]; then echo "extra: all passed"; else echo "extra: FAILED"; fi
exit "$failed"
