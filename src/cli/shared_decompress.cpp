// SPDX-License-Identifier: Apache-2.0
#include "cli/shared_decompress.h"

#include <algorithm>

#include "cli/cluster_run.h"
#include "cli/comparing_sink.h"
#include "cli/jobs.h"
#include "cli/packed_totals.h"

namespace llmz {
namespace {

// What a part decodes to travels as one message.
constexpr uint64_t kLargestFrameBytes = uint64_t{1} << 30;
// Of more frames, some are taken together: so many parts are enough for every cluster.
constexpr uint64_t kMostParts = 10'000, kMostPartBytes = uint64_t{16} << 20;

// Frames that follow each other, which one process decodes.
struct Part {
  size_t first = 0, count = 0;
  uint64_t content_offset = 0, content_bytes = 0;
};

// The same in every process. A file that is one part is nothing to share.
std::vector<Part> parts_of(const std::vector<FramePlace>& frames) {
  std::vector<Part> parts;
  uint64_t total = 0;
  for (const FramePlace& frame : frames) total += frame.content_size_bytes;
  const uint64_t together = std::min(total / kMostParts, kMostPartBytes);
  for (size_t i = 0; i < frames.size(); ++i) {
    const uint64_t bytes = frames[i].content_size_bytes;
    if (parts.empty() || parts.back().content_bytes + bytes > together)
      parts.push_back({i, 0, frames[i].content_offset, 0});
    ++parts.back().count;
    parts.back().content_bytes += bytes;
  }
  return parts;
}

struct LocatedFile {
  std::string path;
  std::vector<FramePlace> frames;
  std::vector<Part> parts;
};

LocatedFile located(const std::string& path) {
  InputFile input(path);
  SeekableFile file(input);
  LocatedFile found{path, locate_frames(file), {}};
  found.parts = parts_of(found.frames);
  return found;
}

// Decodes a part into a sink that knows where in the content it stands.
using PartSink =
    std::function<Bytes(uint64_t content_offset, const std::function<Totals(ByteSink&)>& decode)>;

Share share_parts(const Options& options, const Models& models, ByteView description,
                  const PartSink& into) {
  const std::string path =
      shared_path(description, [&](InputFile&) { return settings_text(options, models); });
  const auto file = std::make_shared<const LocatedFile>(located(path));
  DecompressSettings settings = decompress_settings(options);
  settings.engine.threads = threads_of(options);
  InputFile input(path);
  SeekableFile seekable(input);
  const unsigned at_once =
      frames_at_once(seekable, file->frames, models, settings, cluster()->neighbours());
  if (at_once > 1) {
    settings.engine.threads = 1;
    settings.max_memory_bytes /= at_once;
  }
  return {at_once, [file, settings, into, &models](uint64_t item, const Progress& progress) {
            const Part& part = file->parts[item];
            InputFile own(file->path);
            SeekableFile source(own);
            return into(part.content_offset, [&](ByteSink& out) {
              try {
                return decompress_frames(source, file->frames, part.first, part.count, out, models,
                                         settings, progress);
              } catch (const Error& e) {
                throw Error(e.kind(), "from byte " +
                                          std::to_string(file->frames[part.first].offset) +
                                          " on: " + e.what());
              }
            });
          }};
}

std::vector<uint64_t> sizes_of(const std::vector<Part>& parts) {
  std::vector<uint64_t> sizes;
  sizes.reserve(parts.size());
  for (const Part& part : parts) sizes.push_back(part.content_bytes);
  return sizes;
}

class NullSink : public ByteSink {
 public:
  void write(ByteView) override {}
};

}  // namespace

std::unique_ptr<SharedBlocks> share_frames(const Options& options, const Models& models,
                                           InputFile& input, const std::string& target) {
  const bool in_order = options.range || options.salvage || options.pass_through;
  if (in_order || !may_share(input)) return nullptr;
  const LocatedFile file = located(input.path());
  const auto too_large = [](const Part& part) { return part.content_bytes > kLargestFrameBytes; };
  if (file.parts.size() < 2 || std::any_of(file.parts.begin(), file.parts.end(), too_large))
    return nullptr;
  return std::make_unique<SharedBlocks>(options, input, settings_text(options, models), target);
}

Totals decompress_shared(const Options& options, const Models& models, InputFile& input,
                         SharedBlocks& frames, ByteSink& out, const Progress& progress) {
  Totals sum;
  frames.run(
      sizes_of(located(input.path()).parts), true,
      [&](ByteView description) { return decompressing_share(options, models, description); },
      [&](uint64_t, const Bytes& result) {
        ByteReader in(result, ErrorKind::kInternal);
        add_to(sum, take_totals(in));
        out.write(in.take(in.remaining(), "content"));
      },
      progress);
  sum.compressed_bytes = input.size_bytes().value_or(0);
  return sum;
}

Share decompressing_share(const Options& options, const Models& models, ByteView description) {
  return share_parts(options, models, description, [](uint64_t, const auto& decode) {
    MemorySink content;
    const Totals totals = decode(content);
    Bytes out;
    append_totals(out, totals);
    out.insert(out.end(), content.bytes().begin(), content.bytes().end());
    return out;
  });
}

Totals test_shared(const Options& options, const Models& models, InputFile& input,
                   SharedBlocks& frames, const Progress& progress) {
  Totals sum;
  frames.run(
      sizes_of(located(input.path()).parts), false,
      [&](ByteView description) { return testing_share(options, models, description); },
      [&](uint64_t, const Bytes& result) {
        ByteReader in(result, ErrorKind::kInternal);
        add_to(sum, take_totals(in));
      },
      progress);
  sum.compressed_bytes = input.size_bytes().value_or(0);
  if (options.against) ComparingSink(*options.against, sum.content_bytes).finish();
  return sum;
}

Share testing_share(const Options& options, const Models& models, ByteView description) {
  return share_parts(options, models, description,
                     [against = options.against](uint64_t offset, const auto& decode) {
                       Totals totals;
                       if (against) {
                         ComparingSink expected(*against, offset);
                         totals = decode(expected);
                       } else {
                         NullSink nowhere;
                         totals = decode(nowhere);
                       }
                       Bytes out;
                       append_totals(out, totals);
                       return out;
                     });
}

}  // namespace llmz
