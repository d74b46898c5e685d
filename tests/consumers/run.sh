#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Can other projects build the examples with llmz, and do these run?
#   run.sh find_package|pkg_config|add_subdirectory SOURCE-FOLDER BUILD-FOLDER
set -euo pipefail
how=$1 source=$2 build=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
config=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")
[ "$how" = add_subdirectory ] || cmake --install "$build" --prefix "$work/prefix" --component library >/dev/null
libraries=$(dirname "$(find "$work" -name 'libllmz.*' | head -1)")

case $how in
  find_package | add_subdirectory)
    cmake -S "$source/tests/consumers/$how" -B "$work/build" -DCMAKE_BUILD_TYPE="${config:-Release}" \
      -DCMAKE_PREFIX_PATH="$work/prefix" -DEXAMPLES="$source/examples" -DLLMZ="$source" \
      -DCMAKE_UNITY_BUILD=ON -DCMAKE_CXX_FLAGS_RELEASE=-O0 >"$work/log" ||
      { cat "$work/log"; exit 1; }
    cmake --build "$work/build" >"$work/log" || { cat "$work/log"; exit 1; }
    ctest --test-dir "$work/build" --output-on-failure
    ;;
  pkg_config)
    export PKG_CONFIG_PATH=$libraries/pkgconfig
    flags=$(pkg-config --define-variable=prefix="$work/prefix" --cflags llmz)
    libs=$(pkg-config --define-variable=prefix="$work/prefix" --libs llmz)
    for example in "$source"/examples/*.c*; do
      name=$(basename "${example%.*}")
      if [[ $example == *.c ]]; then cc -std=c99 -Wall -Wextra -Werror -pedantic $flags -c "$example" -o "$work/$name.o"
      else c++ -std=c++17 -Wall -Wextra -Werror $flags -c "$example" -o "$work/$name.o"; fi
      c++ "$work/$name.o" $libs -Wl,-rpath,"$libraries" -o "$work/$name"
      "$work/$name"
    done
    ;;
esac
