// SPDX-License-Identifier: Apache-2.0
// llmz models
#include <filesystem>
#include <set>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text.h"

namespace llmz {
namespace {

namespace fs = std::filesystem;

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

// The low 32 bits of the fingerprints of all models that a file needs.
std::set<uint32_t> needed_models(InputFile& file) {
  std::set<uint32_t> needed;
  for_each_frame(file, [&](const FrameInfo& frame) {
    if (!frame.needs_model) return;
    if (frame.reference_check && !frame.coder)
      throw Error(ErrorKind::kReferenceMissing,
                  "compressed behind a reference, which alone tells the model; copy the model file "
                  "that `llmz models` lists");
    needed.insert(frame.fingerprint_low);
  });
  return needed;
}

bool is_model(const std::string& path, uint64_t fingerprint) {
  const std::vector<ModelInfo> found = Models({path}).list();
  return found.size() == 1 && found[0].fingerprint == fingerprint;
}

void copy_model(const ModelInfo& model, const std::string& to, bool overwrite) {
  InputFile in(model.path);
  OutputFile out(to, overwrite);
  Bytes piece(1 << 20);
  for (size_t got; (got = in.read(piece.data(), piece.size())) > 0;)
    out.write(ByteView(piece.data(), got));
  out.finish_writing();
  if (!out.readable_path().empty() && !is_model(out.readable_path(), model.fingerprint))
    throw Error(ErrorKind::kModelBad, model.path + ": damaged, or changed while it was copied");
  out.commit(&in);
}

// The name says which model it is: several of one name may lie in a folder.
void export_model(const ModelInfo& model, const std::string& folder, const Options& options,
                  Reporter& reporter) {
  const std::string name =
      model.name + "-" + hexadecimal(model.fingerprint & 0xffffffff, 8) + ".llmzmodel";
  const std::string path = (fs::path(folder) / name).string();
  const bool is_there = is_model(path, model.fingerprint);
  if (!is_there) copy_model(model, path, options.force);
  reporter.result({{"model", model.name},
                   {"fingerprint", hexadecimal(model.fingerprint, 16)},
                   {"path", path},
                   {"copied", !is_there}});
  if (!options.json && !options.quiet)
    print(printable(path) + (is_there ? ": is there already\n" : ": copied\n"));
}

void export_models(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  if (options.output && !fs::is_directory(*options.output))
    throw Error(ErrorKind::kUsage, "-o " + *options.output + ": --export takes a folder");
  std::set<std::pair<std::string, uint32_t>> done;
  reporter.for_each_file(options, [&](const std::string& file) {
    InputFile input(file);
    const std::string beside = fs::path(file == "-" ? "" : file).parent_path().string();
    const std::string folder = options.output.value_or(beside.empty() ? "." : beside);
    const std::set<uint32_t> needed = needed_models(input);
    if (needed.empty() && !options.json && !options.quiet)
      print(display_name(file) + ": needs no model\n");
    for (const uint32_t low : needed) {
      if (done.emplace(folder, low).second)
        export_model(models.find(low, true), folder, options, reporter);
    }
  });
}

}  // namespace

void run_models(const Options& options, Reporter& reporter) {
  if (options.export_models) return export_models(options, reporter);
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
