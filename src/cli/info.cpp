// SPDX-License-Identifier: Apache-2.0
// llmz info
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text.h"
#include "container/frame_reader.h"

namespace llmz {
namespace {

struct Sizes {
  uint64_t compressed_bytes = 0;
  uint64_t content_bytes = 0;
  uint64_t frames = 0;
};

std::string model_name(const Models& models, const FrameHeader& header) {
  if (!header.needs_model) return "none";
  try {
    return models.find(header.fingerprint_low, true).name;
  } catch (const Error&) {
    return "not installed";
  }
}

Json frame_json(const FrameInfo& frame, const std::string& model) {
  Json json = {{"offset", frame.header.offset},
               {"fingerprint_low", hexadecimal(frame.header.fingerprint_low, 8)},
               {"model", model},
               {"content_bytes", frame.content_size_bytes},
               {"compressed_bytes", frame.compressed_size_bytes},
               {"payload_bytes", frame.payload_size_bytes},
               {"rounds", frame.rounds},
               {"content_check", hexadecimal(frame.content_check, 8)}};
  if (frame.header.coder) {
    json["lanes"] = frame.header.coder->lanes;
    json["learning"] = frame.header.coder->head_learning;
    json["memory_bits"] = frame.header.coder->memory_bits;
  }
  for (size_t i = 0; i < kMethods; ++i) {
    const uint64_t bytes = frame.content_bytes_by_method[i];
    if (bytes > 0) json["methods"][method_name(static_cast<Method>(i))] = bytes;
  }
  return json;
}

std::string frame_line(const FrameInfo& frame, uint64_t number, const std::string& model) {
  std::string text = "  frame " + std::to_string(number) + " at " +
                     std::to_string(frame.header.offset) + ": " +
                     ratio_text(frame.content_size_bytes, frame.compressed_size_bytes) + "\n    " +
                     std::to_string(frame.rounds) + (frame.rounds == 1 ? " round, " : " rounds, ");
  if (frame.header.coder) {
    text += std::to_string(frame.header.coder->lanes) + " lanes, " +
            (frame.header.coder->head_learning ? "learning, " : "frozen, ");
  } else {
    text += "default settings, ";
  }
  for (size_t i = 0; i < kMethods; ++i) {
    const uint64_t bytes = frame.content_bytes_by_method[i];
    if (bytes > 0)
      text += std::to_string(bytes) + " bytes as " + method_name(static_cast<Method>(i)) + ", ";
  }
  if (!frame.header.needs_model)
    return text + "check " + hexadecimal(frame.content_check, 8) + ", no model\n";
  return text + "check " + hexadecimal(frame.content_check, 8) + ", model " +
         hexadecimal(frame.header.fingerprint_low, 8) + " (" + model + ")\n";
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

Sizes info_file(const Options& options, const Models& models, Reporter& reporter,
                const std::string& path) {
  InputFile input(path);
  const std::vector<FrameInfo> frames = list_frames(input);
  if (frames.empty()) {
    // To the container that is a sequence of no frames; to a user, a download that failed.
    throw Error(ErrorKind::kTruncated, "empty: even empty content makes a frame of some bytes");
  }
  Sizes sizes;
  sizes.frames = frames.size();
  Json frames_json = Json::array();
  std::string text;
  for (const FrameInfo& frame : frames) {
    const std::string model = model_name(models, frame.header);
    sizes.compressed_bytes += frame.compressed_size_bytes;
    sizes.content_bytes += frame.content_size_bytes;
    frames_json.push_back(frame_json(frame, model));
    text += frame_line(frame, frames_json.size(), model);
  }
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
  const bool table = options.list && !options.json;
  if (table) print("    compressed        content      ratio bits/byte  frames  name\n");
  Sizes total;
  uint64_t files = 0;
  reporter.for_each_file(options, [&](const std::string& path) {
    const Sizes sizes = info_file(options, models, reporter, path);
    total.compressed_bytes += sizes.compressed_bytes;
    total.content_bytes += sizes.content_bytes;
    total.frames += sizes.frames;
    ++files;
  });
  if (table && options.files.size() > 1) {
    print(table_line(total, "(total of " + std::to_string(files) + ")"));
  }
}

}  // namespace llmz
