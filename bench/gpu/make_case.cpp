// SPDX-License-Identifier: Apache-2.0
// A model file as a case for bench/gpu: its integers, and what the cpu engine makes of them.
//   make_gpu_case MODEL-FILE CASE
#include <cstdio>
#include <exception>

#include "bench/gpu/model_case.h"
#include "exact/make_engine.h"
#include "model/model_file.h"

using namespace llmz;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "make_gpu_case MODEL-FILE CASE\n");
    return 2;
  }
  try {
    ExactModel model = load_model(argv[1])->exact;
    if (model.imported) throw Error(ErrorKind::kUsage, "a case is of one of llmz's own models");
    Engine engine = make_engine(model, {"cpu", 2});
    std::vector<uint64_t> hashes = gpu::hashes_of_steps(engine, model);
    gpu::Writer out(argv[2]);
    gpu::visit(out, model);
    out.list(hashes);
    if (!out.good()) throw Error(ErrorKind::kIo, std::string("cannot write ") + argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_gpu_case: %s\n", error.what());
    return 1;
  }
  return 0;
}
