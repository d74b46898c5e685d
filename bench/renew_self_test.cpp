// SPDX-License-Identifier: Apache-2.0
// A model file as the present arithmetic would have written it: only the hash of its self-test is
// another. For changes of the arithmetic before the first release.
//   renew_self_test MODEL OUT
#include <cstdio>
#include <fstream>

#include "exact/engine.h"
#include "model/model_file.h"
#include "model/self_test.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "renew_self_test MODEL OUT\n");
    return 2;
  }
  const auto model = llmz::load_model(argv[1]);
  llmz::Engine engine = llmz::make_cpu_engine(model->exact, 1);
  const llmz::Bytes bytes =
      llmz::serialize_model(model->exact, model->token_table,
                            llmz::make_self_test(model->exact, model->self_test.tokens, engine));
  std::ofstream out(argv[2], std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return out.flush() ? 0 : 1;
}
