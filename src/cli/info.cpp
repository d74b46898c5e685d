// SPDX-License-Identifier: Apache-2.0
// llmz info
#include <map>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text.h"

namespace llmz {
namespace {

struct Sizes {
  uint64_t compressed_bytes = 0;
  uint64_t content_bytes = 0;
  uint64_t frames = 0;
};

// The names of models, each looked for once: finding one reads all.
class ModelNames {
 public:
  explicit ModelNames(const Models& models) : models_(models) {}
  const std::string& of(const FrameInfo& frame) {
    static const std::string kNone = "none";
    static const std::string kByReference = "of the reference";
    if (!frame.needs_model) return kNone;
    if (frame.reference_check && !frame.coder) return kByReference;
    const auto [known, is_new] = names_.try_emplace(frame.fingerprint_low, "not installed");
    if (!is_new) return known->second;
    try {
      known->second = models_.find(frame.fingerprint_low, true).name;
    } catch (const Error&) {  // it is not
    }
    return known->second;
  }

 private:
  const Models& models_;
  std::map<uint32_t, std::string> names_;
};

Json frame_json(const FrameInfo& frame, const std::string& model) {
  Json json = {{"offset", frame.offset},
               {"fingerprint_low", hexadecimal(frame.fingerprint_low, 8)},
               {"model", model},
               {"content_bytes", frame.content_size_bytes},
               {"compressed_bytes", frame.compressed_size_bytes},
               {"payload_bytes", frame.payload_size_bytes},
               {"rounds", frame.rounds},
               {"content_check", hexadecimal(frame.content_check, 8)}};
  if (frame.carried_model_bytes > 0) json["carried_model_bytes"] = frame.carried_model_bytes;
  if (frame.reference_check) json["reference_check"] = hexadecimal(*frame.reference_check, 8);
  if (frame.coder) {
    json["lanes"] = frame.coder->lanes;
    json["learning"] = frame.coder->learning;
    json["memory_bits"] = frame.coder->memory_bits;
  }
  for (size_t i = 0; i < kMethods; ++i) {
    const uint64_t bytes = frame.content_bytes_by_method[i];
    if (bytes > 0) json["methods"][method_name(static_cast<Method>(i))] = bytes;
  }
  return json;
}

std::string frame_line(const FrameInfo& frame, uint64_t number, const std::string& model) {
  std::string text;
  if (frame.carried_model_bytes > 0)
    text = "  a model in " + std::to_string(frame.carried_model_bytes) + " bytes\n";
  text += "  frame " + std::to_string(number) + " at " + std::to_string(frame.offset) + ": " +
          ratio_text(frame.content_size_bytes, frame.compressed_size_bytes) + "\n    " +
          std::to_string(frame.rounds) + (frame.rounds == 1 ? " round, " : " rounds, ");
  if (frame.coder) {
    text += std::to_string(frame.coder->lanes) +
            (frame.coder->lanes == 1 ? " lane, " : " lanes, ") +
            (frame.coder->learning ? "learning, " : "frozen, ");
  } else {
    text += "default settings, ";
  }
  for (size_t i = 0; i < kMethods; ++i) {
    const uint64_t bytes = frame.content_bytes_by_method[i];
    if (bytes > 0)
      text += std::to_string(bytes) + " bytes as " + method_name(static_cast<Method>(i)) + ", ";
  }
  if (frame.reference_check)
    text += "behind reference " + hexadecimal(*frame.reference_check, 8) + ", ";
  if (frame.needs_model && frame.reference_check && !frame.coder)
    return text + "check " + hexadecimal(frame.content_check, 8) + "\n";
  if (!frame.needs_model)
    return text + "check " + hexadecimal(frame.content_check, 8) + ", no model\n";
  return text + "check " + hexadecimal(frame.content_check, 8) + ", model " +
         hexadecimal(frame.fingerprint_low, 8) + " (" + printable(model) + ")\n";
}

std::string table_line(const Sizes& sizes, const std::string& name) {
  const double ratio = sizes.content_bytes == 0 ? 0
                                                : static_cast<double>(sizes.compressed_bytes) /
                                                      static_cast<double>(sizes.content_bytes);
  return format_number("%14llu", static_cast<unsigned long long>(sizes.compressed_bytes)) +
         format_number(" %14llu", static_cast<unsigned long long>(sizes.content_bytes)) +
         format_number(" %8.2f %%", 100 * ratio) + format_number(" %9.3f", 8 * ratio) +
         format_number(" %7llu  ", static_cast<unsigned long long>(sizes.frames)) + name + "\n";
}

Sizes info_file(const Options& options, ModelNames& models, Reporter& reporter,
                const std::string& path) {
  InputFile input(path);
  Sizes sizes;
  Json frames_json = Json::array();
  std::string text;
  if (options.list && !options.json && input.size_bytes()) {
    SeekableFile file(input);
    for (const FramePlace& frame : locate_frames(file)) {
      ++sizes.frames;
      sizes.content_bytes += frame.content_size_bytes;
    }
    sizes.compressed_bytes = *input.size_bytes();
  } else {
    for_each_frame(input, [&](const FrameInfo& frame) {
      ++sizes.frames;
      sizes.compressed_bytes += frame.compressed_size_bytes;
      sizes.content_bytes += frame.content_size_bytes;
      if (options.json) {
        frames_json.push_back(frame_json(frame, models.of(frame)));
      } else if (!options.list) {
        text += frame_line(frame, sizes.frames, models.of(frame));
      }
    });
  }
  if (sizes.frames == 0) {
    // To the container that is a sequence of no frames; to a user, a download that failed.
    throw Error(ErrorKind::kTruncated, "empty: an llmz file has at least 9 bytes");
  }
  reporter.warn_if_changed(input);
  // An index is no frame of content, but a part of the file.
  sizes.compressed_bytes = input.size_bytes().value_or(sizes.compressed_bytes);
  reporter.result({{"file", path},
                   {"compressed_bytes", sizes.compressed_bytes},
                   {"content_bytes", sizes.content_bytes},
                   {"frames", std::move(frames_json)}});
  if (options.json) return sizes;
  if (options.list) {
    print(table_line(sizes, display_name(path)));
  } else {
    print(display_name(path) + ": " + ratio_text(sizes.content_bytes, sizes.compressed_bytes) +
          "\n" + text);
  }
  return sizes;
}

}  // namespace

void run_info(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  ModelNames names(models);
  const bool table = options.list && !options.json;
  if (table) print("    compressed        content      ratio bits/byte  frames  name\n");
  Sizes total;
  uint64_t files = 0;
  reporter.for_each_file(options, [&](const std::string& path) {
    const Sizes sizes = info_file(options, names, reporter, path);
    total.compressed_bytes += sizes.compressed_bytes;
    total.content_bytes += sizes.content_bytes;
    total.frames += sizes.frames;
    ++files;
  });
  if (table && files > 1) {
    print(table_line(total, "(total of " + std::to_string(files) + ")"));
  }
}

}  // namespace llmz
