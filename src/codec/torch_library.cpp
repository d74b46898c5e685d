// SPDX-License-Identifier: Apache-2.0
#include "codec/torch_library.h"

#include <dlfcn.h>

#include <filesystem>

#include "base/error.h"
#include "base/program_folder.h"

namespace llmz {
namespace {

constexpr char kName[] = "libllmz_torch.so";

void* open_library() {
  const std::filesystem::path program = program_folder();
  std::string tried;
  if (program.empty())
    throw Error(ErrorKind::kUsage, "this needs libtorch, and the program cannot find its folder");
  for (const auto& path : {program / kName, program / "../lib/llmz" / kName}) {
    // RTLD_DEEPBIND: libtorch's protobuf must not find the symbols of sentencepiece's.
    if (void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)) return handle;
    tried += std::string("\n  ") + dlerror();
  }
  throw Error(ErrorKind::kUsage,
              "this needs libtorch, and llmz's part for it cannot be opened:" + tried);
}

template <class Function>
void find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (!function)
    throw Error(ErrorKind::kInternal,
                std::string(kName) + " has no " + name + ": it belongs to another version of llmz");
}

}  // namespace

const TorchLibrary& torch_library() {
#if defined(__SANITIZE_ADDRESS__)
  throw Error(ErrorKind::kUsage,
              "AddressSanitizer forbids RTLD_DEEPBIND, which libtorch needs here");
#endif
  static const TorchLibrary library = [] {
    TorchLibrary l;
    void* handle = open_library();
    find(handle, "llmz_make_torch_engine", l.make_engine);
    find(handle, "llmz_train", l.train);
    find(handle, "llmz_export_weights", l.export_weights);
    find(handle, "llmz_write_start", l.write_start);
    find(handle, "llmz_make_float_model", l.make_float_model);
    find(handle, "llmz_make_float_exact_model", l.make_float_exact_model);
    return l;
  }();
  return library;
}

}  // namespace llmz
