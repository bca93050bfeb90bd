#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the example with tsc --strict and runs its tests with the caller's VLLMPLAN_LIBRARY.
# Exit 77 (skipped, to Meson) when there is no Node, no npm or no registry; then a line says which.
set -u
cd "$(dirname "$0")" || exit 1

skip() { echo "skipped: $1"; exit 77; }

# By the lock file of today (npm writes its own last, so it is newer), and with the binding of this tree, of
# which node_modules holds a copy.
is_installed() {
    [ node_modules/.package-lock.json -nt package-lock.json ] || return 1
    for file in node_modules/vllmplan/*; do
        [ -d "$file" ] || cmp -s "$file" "../../../bindings/node/${file##*/}" || return 1
    done
}

command -v node >/dev/null || skip "there is no node (18 or newer)"
command -v npm >/dev/null || skip "there is no npm"
node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' || skip "node is older than 18"

is_installed || log=$(npm ci --no-audit --no-fund --fetch-retries=1 2>&1) || {
    echo "$log"
    case $log in
    *ENOTFOUND*|*EAI_AGAIN*|*ECONNREFUSED*|*ECONNRESET*|*ETIMEDOUT*|*ENETUNREACH*|*EHOSTUNREACH*)
        skip "npm ci cannot reach a registry" ;;
    esac
    exit 1
}
rm -rf dist
./node_modules/.bin/tsc --strict || exit 1
exec node --test dist/test/*.test.js
