#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mypy --strict over the package, its tests and the examples in Python.
#   check-types.sh VENV        the virtual environment to use; made when it is not there
# Exit 77 (skipped, to Meson) when there is no venv, or no mypy to be had; then a line says which.
set -eu
cd "$(dirname "$0")"
. ../../tests/support/venv.sh

need_venv "$1" 'mypy >= 1.10'
# the example finds the package as an installed one would be found
MYPYPATH=. "$1/bin/mypy" --strict --cache-dir "$1/mypy-cache" vllmplan tests/*.py ../../tests/packages/*.py \
    ../../docs/examples/*.py
