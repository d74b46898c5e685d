# SPDX-License-Identifier: Apache-2.0
# libllmz_lab: the laboratory as one library behind include/llmz_lab, on top of libllmz. The command
# is built from these two and its own folder.

# The laboratory uses the inside of the core, which a shared libllmz does not show.
set(core libllmz)
if(BUILD_SHARED_LIBS)
  set(core libllmz_static)
  add_core(libllmz_static STATIC)
endif()

set(objects)
foreach(folder hf hf_tokenizer float compare measure rank import train)
  list(APPEND objects $<TARGET_OBJECTS:llmz_${folder}>)
endforeach()
add_library(libllmz_lab STATIC ${objects})
set_target_properties(libllmz_lab PROPERTIES OUTPUT_NAME llmz_lab LINKER_LANGUAGE CXX)
target_link_libraries(libllmz_lab PUBLIC ${core} PRIVATE ${SENTENCEPIECE_TRAIN} ZLIB::ZLIB LibLZMA::LibLZMA
  Boost::program_options ${LLMZ_COMPRESSORS})
