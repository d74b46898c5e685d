// SPDX-License-Identifier: Apache-2.0
// llmz import
#include <filesystem>

#include "base/hash.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "llmz_lab/importing.h"

namespace llmz {
namespace {

namespace fs = std::filesystem;

std::string name_of(const Options& options) {
  if (options.model_name) return *options.model_name;
  if (options.output && *options.output != "-") return fs::path(*options.output).stem().string();
  const fs::path from = fs::absolute(options.files[0]).lexically_normal();
  if (from.extension() == ".gguf") return from.stem().string();
  return (from.has_filename() ? from : from.parent_path()).filename().string();
}

// One line on a terminal that rewrites itself.
class StatusLine {
 public:
  explicit StatusLine(const Options& options) : shown_(shows_progress(options)) {}
  ~StatusLine() { show(""); }
  void show(const std::string& text) {
    if (shown_) std::fprintf(stderr, "\r%s\033[K", printable(text).c_str());
  }

 private:
  bool shown_;
};

void report(const Options& options, Reporter& reporter, const std::string& path,
            const std::string& name, const ImportedFile& imported) {
  const CalibrationResult& c = imported.calibration;
  const auto tokens = static_cast<double>(c.tokens), bytes = static_cast<double>(c.text_bytes);
  const std::string fingerprint = hexadecimal(imported.fingerprint, 16);
  reporter.result({{"file", path},
                   {"name", name},
                   {"fingerprint", fingerprint},
                   {"parameters", imported.parameters},
                   {"checkpoint_bytes", imported.checkpoint_bytes},
                   {"model_bytes", imported.file.size()},
                   {"vocabulary", imported.vocabulary},
                   {"context", imported.context},
                   {"calibration_tokens", c.tokens},
                   {"calibration_bytes", c.text_bytes},
                   {"float_bits_per_token", c.float_bits / tokens},
                   {"exact_bits_per_token", c.exact_bits / tokens},
                   {"float_bits_per_byte", c.float_bits / bytes},
                   {"exact_bits_per_byte", c.exact_bits / bytes}});
  if (options.json || options.quiet) return;
  print(printable(path) + ": " + printable(name) + "  " + fingerprint + "\n  " +
        format_number("%.1fM parameters, ", static_cast<double>(imported.parameters) / 1e6) +
        size_text(static_cast<double>(imported.checkpoint_bytes)) + " became " +
        size_text(static_cast<double>(imported.file.size())) + "; vocabulary " +
        std::to_string(imported.vocabulary) + ", context " + std::to_string(imported.context) +
        "\n  " + format_number("%.4f bits per token in floating point, ", c.float_bits / tokens) +
        format_number("%.4f in integers", c.exact_bits / tokens) + " (" + std::to_string(c.tokens) +
        " tokens of a built-in text)\n");
}

}  // namespace

void run_import(const Options& options, Reporter& reporter) {
  ImportSettings settings;
  settings.directory = options.files[0];
  if (settings.directory == "-")
    throw Error(ErrorKind::kUsage, "import takes a folder or a GGUF file, not standard input");
  settings.tokenizer = options.tokenizer.value_or("");
  settings.name = name_of(options);
  settings.context = options.context;
  settings.threads = options.compress.engine.threads;
  const std::string path = options.output.value_or(settings.name + ".llmzmodel");
  if (path == "-") throw Error(ErrorKind::kUsage, "import writes a file, not standard output: -o");
  const bool overwrite = may_overwrite(options, path);
  OutputFile output(path, overwrite);  // before minutes of work
  StatusLine status(options);
  const ImportedFile imported = import_model_file(settings, [&](const std::string& what) {
    throw_if_interrupted();
    status.show(what);
  });
  output.write(imported.file);
  output.commit();
  status.show("");
  report(options, reporter, path, settings.name, imported);
}

}  // namespace llmz
