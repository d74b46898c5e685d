# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCES=FOLDER -DCOMPILER=TEXT -DOUT=FILE -P build_id.cmake: a source file with the hash of
# everything that the layout of a struct depends on.
file(GLOB_RECURSE headers ${SOURCES}/src/*.h ${SOURCES}/include/*.h)
list(SORT headers)
set(all "${COMPILER}")
foreach(header ${headers})
  file(SHA256 ${header} hash)
  string(APPEND all "${hash}")
endforeach()
string(SHA256 id "${all}")
string(SUBSTRING ${id} 0 16 id)
file(WRITE ${OUT}.new "// Made by cmake/build_id.cmake.
#include \"base/build_id.h\"

const char* llmz::build_id() { return \"${id}\"; }
")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUT}.new ${OUT})
