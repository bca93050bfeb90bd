#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library as its users meet it: installed, found through pkg-config, linked into the example program once
# as a shared library and once as an archive, and run.
#   consumer.sh SOURCE BUILD CC
set -eu
source=$1
build=$2
shift 2
cc=$*
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

for need in meson pkg-config; do
    command -v "$need" >/dev/null 2>&1 || { echo "skipped: no $need"; exit 77; }
done

# A library that was built with a sanitizer needs a program that was, too.
if grep -q -e '-fsanitize=' "$build/build.ninja"; then
    echo "skipped: an instrumented build is not what gets installed"
    exit 77
fi

DESTDIR=$scratch/shared meson install -C "$build" --no-rebuild --quiet
# Where the .pc file says the files will be is not where they are now.
pc=$(find "$scratch/shared" -name vllmplan.pc)
prefix=$(sed -n 's/^prefix=//p' "$pc")
sed "s|^prefix=.*|prefix=$scratch/shared$prefix|" "$pc" >"$pc.new" && mv "$pc.new" "$pc"
PKG_CONFIG_PATH=$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH

echo "== the headers, each by itself"
flags=$(pkg-config --cflags vllmplan)
for header in "$scratch/shared$prefix"/include/vllmplan/*.h; do
    name=vllmplan/$(basename "$header")
    printf '#include <%s>\n' "$name" "$name" >"$scratch/header.c"
    echo 'int main(void) { return 0; }' >>"$scratch/header.c"
    # shellcheck disable=SC2086  # flags are words
    $cc -std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only $flags "$scratch/header.c"
    # shellcheck disable=SC2086
    $cc -x c++ -pedantic -Wall -Wextra -Werror -fsyntax-only $flags "$scratch/header.c" 2>"$scratch/cxx.log" || {
        grep -q -e 'cc1plus' -e 'language c++ not' "$scratch/cxx.log" || { cat "$scratch/cxx.log"; exit 1; }
        echo "$name: this compiler has no C++"
    }
done

python3 "$source/docs/tools/make_model.py" bf16 "$scratch/14B"
python3 "$source/docs/tools/make_model.py" bnb4-merged "$scratch/14B-4bit"

# $1: how it was linked. The published model fits once quantized, the 4-bit one as it is.
try() {
    echo "== $1"
    for model in 14B 14B-4bit; do
        (cd "$scratch" && ./plan "$model" rtx_3090) >"$scratch/out"
        cat "$scratch/out"
        grep -q '^verdict  fits$' "$scratch/out"
        grep -q "^argv     .*vllm serve $model" "$scratch/out"
    done
    status=0
    (cd "$scratch" && ./plan not-there rtx_3090) 2>"$scratch/out" || status=$?
    cat "$scratch/out"
    [ "$status" -eq 2 ] && grep -q '^VLLMPLAN_E_NOT_FOUND' "$scratch/out"
}

strict="-std=c11 -pedantic -Wall -Wextra -Werror"
# shellcheck disable=SC2046,SC2086
$cc $strict "$source/docs/examples/plan.c" $(pkg-config --cflags --libs vllmplan) -o "$scratch/plan"
if pkg-config --libs vllmplan | grep -q jansson; then
    echo "a program that links the shared library must not link jansson itself"
    exit 1
fi
libraries=$(pkg-config --variable=libdir vllmplan)
LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
DYLD_LIBRARY_PATH=$libraries
export LD_LIBRARY_PATH DYLD_LIBRARY_PATH
try "shared library"

# An installation without the shared library: what --static is for.
rm -f "$libraries"/libvllmplan.so* "$libraries"/libvllmplan*.dylib
# shellcheck disable=SC2046,SC2086
$cc $strict -DVLLMPLAN_STATIC "$source/docs/examples/plan.c" \
    $(pkg-config --static --cflags --libs vllmplan) -o "$scratch/plan"
try "archive"
