# SPDX-License-Identifier: Apache-2.0
# The dependency law of src/. A folder sees itself, include/llmz, the folders named behind it here,
# and what those see; a header of any other folder is not found, and the compiler says so.
# Includes are written from src/ ("exact/engine.h"). Each folder has an include path of its own in
# the build tree, which holds nothing but a link to it.
function(layer folder)
  set(view ${PROJECT_BINARY_DIR}/see/${folder})
  file(MAKE_DIRECTORY ${view})
  if(NOT EXISTS ${view}/${folder})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${folder} ${view}/${folder} SYMBOLIC)
  endif()
  set(LLMZ_LAYERS ${LLMZ_LAYERS} ${folder} PARENT_SCOPE)
  add_library(llmz_see_${folder} INTERFACE)
  target_include_directories(llmz_see_${folder} INTERFACE ${view})
  foreach(seen ${ARGN})
    if(NOT TARGET llmz_see_${seen})
      message(FATAL_ERROR "src/${folder} may see only folders listed above it; ${seen} is not")
    endif()
    target_link_libraries(llmz_see_${folder} INTERFACE llmz_see_${seen})
  endforeach()
endfunction()

# Core: what a file means.
layer(base)
target_include_directories(llmz_see_base INTERFACE ${PROJECT_SOURCE_DIR}/include)
layer(entropy base)
layer(frequency entropy)
layer(container base)
layer(tokenizer base)
layer(exact base)
layer(model exact tokenizer)
layer(mix frequency tokenizer)
layer(codec container model mix)
layer(api)
target_include_directories(llmz_see_api INTERFACE ${PROJECT_SOURCE_DIR}/include)  # like any other program

# Laboratory: where models come from and what they are worth.
layer(hf tokenizer)
layer(float exact hf)
layer(train model hf)
layer(import float train)
layer(measure codec float)
layer(rank measure)
layer(compare base)

# Command.
layer(cli codec compare import rank train)

# The library of a folder. PARTS that stand in one folder and do not belong in one library have a
# name of their own: folder_part.
function(add_layer_library name folder)
  add_library(llmz_${name} STATIC ${ARGN})
  set_target_properties(llmz_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(llmz_${name} PUBLIC llmz_see_${folder} PRIVATE llmz_warnings)
endfunction()
