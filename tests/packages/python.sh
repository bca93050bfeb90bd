#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Python package as its users meet it: the source as it is here -> sdist -> wheel -> an empty virtual
# environment outside of the source tree, with no variable set. There it plans, runs the binding's tests, and
# says what to do when its library is missing, too old, or lacks jansson.
#   python.sh SCRATCH          a folder to work in; its "tools" environment is kept for the next run
# Exit 77 when there is no venv, git, or index of packages; then a line says which.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/venv.sh"
mkdir -p "$1"
scratch=$(cd "$1" && pwd)
unset VLLMPLAN_LIBRARY PYTHONPATH

command -v git >/dev/null 2>&1 || skip "there is no git (an sdist is made from a commit)"
need_venv "$scratch/tools" build
rm -rf "$scratch/source" "$scratch/dist" "$scratch/empty" "$scratch/models"

# An sdist holds what is committed. This is about the files as they are, so it commits a copy of them.
mkdir "$scratch/source"
cd "$root"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard
else
    find . -name 'build*' -prune -o -name node_modules -prune -o -type f -print0
fi | tar -c --null --ignore-failed-read -T - -f - 2>/dev/null | tar -x -C "$scratch/source" -f -
cd "$scratch/source"
git init --quiet
git add --all
git -c user.name=test -c user.email=test@localhost commit --quiet --message copy

echo "== sdist, and the wheel from it"
"$scratch/tools/bin/python" -m build --outdir "$scratch/dist" . >"$scratch/build.log" 2>&1 ||
    { cat "$scratch/build.log"; exit 1; }
ls "$scratch/dist"
# one wheel for every Python 3, with the version of meson.build
version=$(sed -n "s/^ *version: '\(.*\)',$/\1/p" "$root/meson.build")
ls "$scratch/dist/vllmplan-$version.tar.gz" "$scratch/dist/vllmplan-$version-py3-none-"*.whl >/dev/null

echo "== an empty virtual environment"
python3 -m venv "$scratch/empty"
"$scratch/empty/bin/pip" install --quiet --no-index "$scratch/dist/"*.whl
"$scratch/empty/bin/pip" list --format=freeze
python3 "$root/docs/tools/make_model.py" bf16 "$scratch/models/bf16"
for kind in bnb4-merged bnb4-merged-noqcfg; do
    python3 "$root/docs/tools/make_model.py" "$kind" "$scratch/models/$kind"
done
cd "$scratch/empty"
VLLMPLAN_MODELS=$scratch/models bin/python "$root/tests/packages/installed.py" "$version"

echo "== the example"
bin/python "$root/docs/examples/plan.py" "$scratch/models/bf16" rtx_3090
