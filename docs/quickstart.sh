#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone to an answer: builds the library and the command, and asks whether a 14B model starts in
# vLLM on a 24 GB card. The model is made here: its headers are real, its data is a hole in a sparse file.
#   sh docs/quickstart.sh              the example
#   sh docs/quickstart.sh ARGS...      the built command with your own arguments, such as
#                                      plan ./MODEL --gpu "RTX 3090"
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/docs/setup.sh"
build=${VLLMPLAN_BUILD:-$root/build}

install_needs build
# the tests' own folder may be there already; then its options stay as they are
[ -f "$build/build.ninja" ] || configure "$build" "$root" -Dtests=false >&2
ninja -C "$build" src/cli/vllmplan >&2
vllmplan=$build/src/cli/vllmplan

if [ $# -gt 0 ]; then
    exec "$vllmplan" "$@"
fi

# Both answers below are answers, whatever their exit status says; only 2 and above (but 3) are faults.
ask() {
    printf '\n$ vllmplan'
    printf ' %s' "$@"
    printf '\n'
    status=0
    (cd "$build/example" && "$vllmplan" "$@") || status=$?
    case $status in 0 | 1 | 3) ;; *) exit "$status" ;; esac
}

python3 "$root/docs/tools/make_model.py" bf16 "$build/example/14B"
python3 "$root/docs/tools/make_model.py" bnb4-merged "$build/example/14B-4bit"
ask plan 14B --gpu rtx_3090 --vllm 0.11.2
ask argv 14B --gpu rtx_3090 --vllm 0.11.2
ask plan 14B-4bit --gpu rtx_3090 --vllm 0.11.2
