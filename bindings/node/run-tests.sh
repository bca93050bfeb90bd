#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the types of the binding and of the example, then runs the binding's tests with the caller's
# VLLMPLAN_LIBRARY, VLLMPLAN_MODELS and VLLMPLAN_COMMAND.
# Exit 77 (skipped, to Meson) when there is no Node, no npm or no registry; then a line says which.
set -u
cd "$(dirname "$0")" || exit 1

skip() { echo "skipped: $1"; exit 77; }

command -v node >/dev/null || skip "there is no node (18 or newer)"
command -v npm >/dev/null || skip "there is no npm"
node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' || skip "node is older than 18"

# npm writes this file last; it is older than a lock file that has changed since
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    log=$(npm ci --no-audit --no-fund --fetch-retries=1 2>&1) || {
        echo "$log"
        case $log in
        *ENOTFOUND*|*EAI_AGAIN*|*ECONNREFUSED*|*ECONNRESET*|*ETIMEDOUT*|*ENETUNREACH*|*EHOSTUNREACH*)
            skip "npm ci cannot reach a registry" ;;
        esac
        exit 1
    }
fi
node_modules/.bin/tsc --project tsconfig.json || exit 1
exec node --test test/*.test.js
