# SPDX-License-Identifier: Apache-2.0
# Virtual environments for tests that need a package of Python's index. Read with `.`; it only defines functions.

skip() { echo "skipped: $1"; exit 77; }

# Makes the environment $1, unless it is there, and installs the packages that follow. Ends the test as skipped
# when this Python has no venv, or when the index cannot be reached and they are not there already.
need_venv() {
    venv=$1
    shift
    if [ ! -x "$venv/bin/pip" ]; then
        python3 -c 'import ensurepip, venv' 2>/dev/null || skip "this Python has no venv (python3-venv on Debian)"
        python3 -m venv "$venv"
    fi
    venv_log=$("$venv/bin/pip" install --quiet --retries 1 "$@" 2>&1) || {
        printf '%s\n' "$venv_log"
        case $venv_log in
        *"Failed to establish a new connection"*|*"name resolution"*|*"ConnectTimeoutError"*|*"ProxyError"*)
            skip "pip cannot reach an index of packages" ;;
        esac
        exit 1
    }
}
