// SPDX-License-Identifier: Apache-2.0
#include "base/torch_library.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>

#include "base/build_id.h"
#include "base/error.h"
#include "base/program_folder.h"

namespace llmz {
namespace {

constexpr char kName[] = "libllmz_torch.so";

void* open_library() {
#if defined(__SANITIZE_ADDRESS__)
  throw Error(ErrorKind::kUsage,
              "AddressSanitizer forbids RTLD_DEEPBIND, which libtorch needs here");
#endif
  const std::filesystem::path program = program_folder(), library = library_folder();
  std::string tried;
  for (const auto& path :
       {program / kName, program / "../lib/llmz" / kName, library / "llmz" / kName}) {
    if (!path.is_absolute()) continue;  // the system does not tell the folder
    // RTLD_DEEPBIND: libtorch's protobuf must not find the symbols of sentencepiece's.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!handle) {
      tried += std::string("\n  ") + dlerror();
      continue;
    }
    // Nothing else of it may be called before: its structs could have other members.
    const auto id = reinterpret_cast<const char* (*)()>(dlsym(handle, "llmz_torch_build_id"));
    if (id && std::string(id()) == build_id()) return handle;
    tried += "\n  " + path.string() + ": belongs to another build of llmz";
    dlclose(handle);
  }
  throw Error(ErrorKind::kUsage,
              "this needs libtorch, and llmz's part for it cannot be opened:" + tried);
}

}  // namespace

void* torch_symbol(const char* name) {
  static void* const library = open_library();
  if (void* symbol = dlsym(library, name)) return symbol;
  throw Error(ErrorKind::kInternal, std::string(kName) + " has no " + name);
}

}  // namespace llmz
