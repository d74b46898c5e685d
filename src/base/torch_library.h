// SPDX-License-Identifier: Apache-2.0
// libtorch takes a second and 170 MB before main(); so what needs it lies in libllmz_torch.so,
// which is opened when first needed. That library must not need sentencepiece: it and libtorch
// bring two versions of protobuf, which cannot share one scope of symbols.
//
// Each folder declares in its torch_exports.h what that library has of it. Program and library
// belong to one build, so C++ types may cross.
#pragma once

namespace llmz {

// The address of a function that libllmz_torch.so exports. Opens the library at first: beside the
// program, in ../lib/llmz from it, or in llmz/ beside the library that this code was linked into.
// Throws kUsage that says where it was looked for, or that it belongs to another build.
void* torch_symbol(const char* name);

template <class Function>
Function* torch_function(const char* name) {
  return reinterpret_cast<Function*>(torch_symbol(name));
}

}  // namespace llmz

// The function that is declared by this name.
#define LLMZ_TORCH(function) ::llmz::torch_function<decltype(::function)>(#function)

#define LLMZ_TORCH_EXPORT extern "C" __attribute__((visibility("default")))
