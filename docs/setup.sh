# SPDX-License-Identifier: Apache-2.0
# Finds what a build needs and installs only what is missing. Read with `.` by docs/quickstart.sh,
# tests/run.sh and tests/extra.sh; it defines functions and does nothing by itself.

# The packages, by Debian and Ubuntu name, of the needs that are not met. $1: "build" or "tests".
missing_packages() {
    command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || echo gcc libc6-dev
    command -v meson >/dev/null 2>&1 || echo meson
    command -v ninja >/dev/null 2>&1 || echo ninja-build
    command -v python3 >/dev/null 2>&1 || echo python3
    if ! command -v pkg-config >/dev/null 2>&1; then
        echo pkg-config libjansson-dev
        [ "$1" = build ] || echo libcmocka-dev
        return
    fi
    pkg-config --exists 'jansson >= 2.14' || echo libjansson-dev
    [ "$1" = build ] || pkg-config --exists 'cmocka >= 1.1.5' || echo libcmocka-dev
}

# The same for the tests of the bindings. Node has to be 18 or newer, as Debian has it since 12.
missing_binding_packages() {
    command -v node >/dev/null 2>&1 || echo nodejs
    command -v npm >/dev/null 2>&1 || echo npm
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || echo python3-venv
}

# Installs packages as root; otherwise prints the one line to run and ends the script with status 2.
# Its output stays out of the way unless it fails.
install_packages() {
    [ $# -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "These are missing (Debian's names): $*. Install them with this system's package manager." >&2
        exit 2
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "These are missing. Run this, then start again:" >&2
        echo "    sudo apt-get install -y $*" >&2
        exit 2
    fi
    echo "installing: $*"
    if ! setup_log=$({ apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@"; } </dev/null 2>&1); then
        printf '%s\n' "$setup_log" >&2
        exit 2
    fi
}

# $1: "build" or "tests".
install_needs() {
    # shellcheck disable=SC2046  # package names, one word each
    install_packages $(missing_packages "$1")
}

# For the tests of the bindings, which skip, and say so, without Node or venv: the script goes on either way.
install_binding_needs() {
    # shellcheck disable=SC2046  # package names, one word each
    (install_packages $(missing_binding_packages)) || echo "going on without them: tests that need them are skipped"
}

# Configures build folder $1 of source folder $2 with the options that follow. An existing folder is
# brought up to date; one that another Meson left behind, or that does not configure any more, is made anew.
configure() {
    configure_dir=$1
    configure_source=$2
    shift 2
    if [ -f "$configure_dir/meson-private/coredata.dat" ]; then
        meson setup --reconfigure "$@" "$configure_dir" "$configure_source" >/dev/null 2>&1 && return 0
        echo "$configure_dir does not fit this Meson any more: making it anew"
        meson setup --wipe "$@" "$configure_dir" "$configure_source"
    else
        meson setup "$@" "$configure_dir" "$configure_source"
    fi
}
