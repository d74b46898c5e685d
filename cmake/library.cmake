# SPDX-License-Identifier: Apache-2.0
# libllmz: the core as one library behind include/llmz, installed so that other projects find it
# with find_package(llmz) or pkg-config, or have it with add_subdirectory(): llmz::llmz.
add_layer_library(c_interface api src/api/llmz_c.cpp)

# NAME [STATIC|SHARED]
function(add_core name)
  set(objects)
  foreach(folder base frequency container vocabulary exact model mix decode tokenizer encode c_interface)
    list(APPEND objects $<TARGET_OBJECTS:llmz_${folder}>)
  endforeach()
  get_property(loops GLOBAL PROPERTY LLMZ_LOOPS)
  add_library(${name} ${ARGN} ${objects} ${loops})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${name} PUBLIC cxx_std_17)
  foreach(library ${XXHASH} ${DNNL} ${SENTENCEPIECE} ${PCRE2})
    library_name(${library} short)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:${library}> $<INSTALL_INTERFACE:${short}>)
  endforeach()
  target_link_libraries(${name} PRIVATE
    $<BUILD_INTERFACE:LibLZMA::LibLZMA> $<INSTALL_INTERFACE:lzma> OpenMP::OpenMP_CXX Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
endfunction()
# /usr/lib/libz.so: z
function(library_name path out)
  get_filename_component(name ${path} NAME_WE)
  string(REGEX REPLACE "^lib" "" name ${name})
  set(${out} ${name} PARENT_SCOPE)
endfunction()
add_core(libllmz)
add_library(llmz::llmz ALIAS libllmz)
set(LLMZ_PC_LIBRARIES)
foreach(library ${XXHASH} ${DNNL} ${SENTENCEPIECE} ${PCRE2})
  library_name(${library} short)
  string(APPEND LLMZ_PC_LIBRARIES " -l${short}")
endforeach()
set_target_properties(libllmz PROPERTIES
  OUTPUT_NAME llmz
  EXPORT_NAME llmz
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})  # until 1.0 each minor version is another interface

install(TARGETS libllmz EXPORT llmzTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(DIRECTORY include/llmz DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library FILES_MATCHING PATTERN "*.h")
install(DIRECTORY models/ DESTINATION share/llmz/models COMPONENT library
  FILES_MATCHING PATTERN "*.llmzmodel" PATTERN "*.md")

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/llmz)
configure_package_config_file(cmake/llmzConfig.cmake.in ${PROJECT_BINARY_DIR}/llmzConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/llmzConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT llmzTargets NAMESPACE llmz:: DESTINATION ${package} COMPONENT library)
install(FILES ${PROJECT_BINARY_DIR}/llmzConfig.cmake ${PROJECT_BINARY_DIR}/llmzConfigVersion.cmake
  DESTINATION ${package} COMPONENT library)

# A shared library knows what it needs; programs that take the static one must name it.
string(APPEND LLMZ_PC_LIBRARIES " -llzma ${OpenMP_CXX_FLAGS} -lpthread -ldl -lstdc++ -lm")
set(LLMZ_PC_PUBLIC)
set(LLMZ_PC_PRIVATE ${LLMZ_PC_LIBRARIES})
if(NOT BUILD_SHARED_LIBS)
  set(LLMZ_PC_PUBLIC ${LLMZ_PC_LIBRARIES})
  set(LLMZ_PC_PRIVATE)
endif()
configure_file(cmake/llmz.pc.in ${PROJECT_BINARY_DIR}/llmz.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/llmz.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
