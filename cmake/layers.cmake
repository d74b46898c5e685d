# SPDX-License-Identifier: Apache-2.0
# The dependency law of src/ and include/. A folder sees itself, the folders named behind it here,
# and what those see; a header of any other folder is not found, and the compiler says so.
# Includes are written from src/ or include/ ("exact/engine.h"). Each folder has an include path of
# its own in the build tree, which holds nothing but a link to it.
function(layer folder)
  set(view ${PROJECT_BINARY_DIR}/see/${folder})
  file(MAKE_DIRECTORY ${view})
  set(source ${PROJECT_SOURCE_DIR}/src/${folder})
  if(EXISTS ${PROJECT_SOURCE_DIR}/include/${folder})
    set(source ${PROJECT_SOURCE_DIR}/include/${folder})
  endif()
  if(NOT EXISTS ${view}/${folder})
    file(CREATE_LINK ${source} ${view}/${folder} SYMBOLIC)
  endif()
  set(LLMZ_LAYERS ${LLMZ_LAYERS} ${folder} PARENT_SCOPE)
  add_library(llmz_see_${folder} INTERFACE)
  target_include_directories(llmz_see_${folder} INTERFACE ${view})
  foreach(seen ${ARGN})
    if(NOT TARGET llmz_see_${seen})
      message(FATAL_ERROR "${folder} may see only folders listed above it; ${seen} is not")
    endif()
    target_link_libraries(llmz_see_${folder} INTERFACE llmz_see_${seen})
  endforeach()
endfunction()

# Core: what a file means. Its face is include/llmz. Up to `decode` there is no encoder, and nothing
# that cuts text into tokens.
layer(llmz)
layer(base llmz)
layer(entropy base)
layer(frequency entropy)
layer(container base)
layer(vocabulary base)
layer(exact base)
layer(model exact vocabulary)
layer(mix frequency vocabulary)
layer(decode container model mix)
layer(tokenizer vocabulary)
layer(encode decode tokenizer)
layer(api llmz)  # like any other program

# Laboratory: where models come from and what they are worth. Its face is include/llmz_lab.
layer(llmz_lab llmz)
layer(hf tokenizer)
layer(float exact hf llmz_lab)
layer(train model hf llmz_lab)
layer(import float train)
layer(measure encode float)
layer(rank measure)
layer(compare base llmz_lab)

# Command: the two faces, base, and the processes of a run.
layer(cluster base)
layer(cli base llmz_lab cluster)

# The library of a folder. PARTS that stand in one folder and do not belong in one library have a
# name of their own: folder_part.
function(add_layer_library name folder)
  add_library(llmz_${name} STATIC ${ARGN})
  set_target_properties(llmz_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(llmz_${name} PUBLIC llmz_see_${folder} PRIVATE llmz_warnings)
endfunction()
