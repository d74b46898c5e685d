// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>

#include "base/error.h"

namespace llmz {
namespace {

std::string program_folder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) throw Error(ErrorKind::kIo, "cannot read /proc/self/exe");
  const std::string program(path, static_cast<size_t>(size));
  return program.substr(0, program.rfind('/') + 1);
}

void* load_library() {
  const std::string name = "libllmz_torch.so";
  const std::string folder = program_folder();
  for (const std::string& path : {folder + name, folder + "../lib/llmz/" + name}) {
    if (access(path.c_str(), F_OK) != 0) continue;
    if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    throw Error(ErrorKind::kIo, "cannot load " + path + ": " + dlerror());
  }
  throw Error(ErrorKind::kUsage, "this llmz was built without libtorch: " + name +
                                     " is neither in " + folder + " nor in " + folder +
                                     "../lib/llmz. Install libtorch-dev and build again");
}

}  // namespace

void* find_torch_function(const std::string& name) {
  static void* const library = load_library();
  if (void* function = dlsym(library, name.c_str())) return function;
  throw Error(ErrorKind::kIo, std::string("libllmz_torch.so is of another llmz: ") + dlerror());
}

}  // namespace llmz
