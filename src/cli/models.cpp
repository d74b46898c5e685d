// SPDX-License-Identifier: Apache-2.0
// llmz models
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text.h"

namespace llmz {
namespace {

void show(const ModelInfo& model, const Options& options, Reporter& reporter) {
  const std::string fingerprint = hexadecimal(model.fingerprint, 16);
  reporter.result({{"name", model.name},
                   {"fingerprint", fingerprint},
                   {"parameters", model.parameters},
                   {"size_bytes", model.size_bytes},
                   {"description", model.description},
                   {"path", model.path}});
  if (options.json) return;
  print(printable(model.name) + "  " + fingerprint + "  " +
        format_number("%.1fM parameters", static_cast<double>(model.parameters) / 1e6) + ", " +
        size_text(static_cast<double>(model.size_bytes)) + "\n  " + printable(model.description) +
        "\n  " + printable(model.path) + "\n");
}

}  // namespace

void run_models(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  const std::vector<ModelInfo> listed = models.list();
  if (listed.empty()) {
    std::string folders;
    for (const std::string& folder : models.folders()) folders += "\n  " + folder;
    throw Error(ErrorKind::kModelMissing,
                "no model is installed; looked for *.llmzmodel in" + folders);
  }
  for (const ModelInfo& model : listed) show(model, options, reporter);
}

}  // namespace llmz
