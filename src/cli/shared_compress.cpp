// SPDX-License-Identifier: Apache-2.0
#include "cli/shared_compress.h"

#include <algorithm>

#include "base/characters.h"
#include "base/source_part.h"
#include "cli/cluster_run.h"
#include "cli/packed_totals.h"

namespace llmz {
namespace {

// A block, and what becomes of it, travels as one message.
constexpr uint64_t kLargestBlockBytes = uint64_t{1} << 30;

class NullSink : public ByteSink {
 public:
  void write(ByteView) override {}
};

std::vector<uint64_t> block_sizes(const Options& options, const InputFile& input) {
  std::vector<uint64_t> sizes;
  const uint64_t block = options.compress.block_size_bytes;
  for (uint64_t left = input.size_bytes().value_or(0); left > 0; left -= sizes.back())
    sizes.push_back(std::min(left, block));
  return sizes;
}

// The settings of one block, and how many are at work at once.
struct Plan {
  CompressSettings settings;
  unsigned at_once = 1;
};

Plan plan_for(const Options& options, const Models& models, uint64_t content_bytes) {
  Plan plan{options.compress, 1};
  plan.settings.engine.threads = threads_of(options);
  plan.settings.verify = options.verify;
  plan.at_once = blocks_at_once(content_bytes, plan.settings, models, cluster()->neighbours());
  if (plan.at_once > 1) {
    plan.settings.engine.threads = 1;
    plan.settings.max_memory_bytes = 0;  // it is for all of them
  }
  return plan;
}

using BlockWork = std::function<Bytes(ByteSource& block, const Progress& progress)>;

// Work on a block of the file in place of its number.
ItemWork on_block(std::string path, uint64_t block_bytes, BlockWork work) {
  return [path = std::move(path), block_bytes, work = std::move(work)](uint64_t item,
                                                                       const Progress& progress) {
    InputFile input(path);
    input.seek(item * block_bytes);
    SourcePart block(input, block_bytes);
    return work(block, progress);
  };
}

struct OpenedFile {
  std::string path;
  uint64_t size_bytes = 0;
};

OpenedFile opened(const Options& options, const Models& models, ByteView description) {
  OpenedFile file;
  file.path = shared_path(description, [&](InputFile& input) {
    file.size_bytes = input.size_bytes().value_or(0);
    return settings_text(options, models);
  });
  return file;
}

Bytes packed(const Estimate& found) {
  Bytes out;
  append_varint(out, found.content_bytes);
  append_varint(out, found.characters);
  append_varint(out, found.tokens);
  append_double(out, found.bits);
  return out;
}

// What compressing it gives, without what is written.
Bytes estimate_as_file(ByteSource& block, const CompressSettings& settings, const Models& models,
                       const Progress& progress) {
  CharacterCounter counted(block);
  CompressedBlock coded = compress_block(counted, settings, models, progress);
  coded.frames = Bytes();
  Estimate found;
  found.content_bytes = coded.totals.content_bytes;
  found.characters = counted.characters;
  found.tokens = coded.totals.tokens;
  for (uint64_t bytes : coded.totals.payload_bytes_of) found.bits += 8 * static_cast<double>(bytes);
  Bytes out = packed(found);
  const Bytes sizes = packed(coded);
  out.insert(out.end(), sizes.begin(), sizes.end());
  return out;
}

}  // namespace

std::unique_ptr<SharedBlocks> share_content(const Options& options, const Models& models,
                                            InputFile& input, const std::string& target) {
  const uint64_t block = options.compress.block_size_bytes;
  if (!may_share(input) || block == 0 || block > kLargestBlockBytes ||
      input.size_bytes().value_or(0) <= block)
    return nullptr;
  return std::make_unique<SharedBlocks>(options, input, settings_text(options, models), target);
}

Totals compress_shared(const Options& options, const Models& models, InputFile& input,
                       SharedBlocks& blocks, ByteSink& out, const Progress& progress) {
  FileOfBlocks file(out, options.compress, models);
  blocks.run(
      block_sizes(options, input), true,
      [&](ByteView description) { return compressing_share(options, models, description); },
      [&](uint64_t, const Bytes& result) { file.add(unpacked_block(result)); }, progress);
  return file.finish();
}

Share compressing_share(const Options& options, const Models& models, ByteView description) {
  const OpenedFile file = opened(options, models, description);
  const Plan plan = plan_for(options, models, file.size_bytes);
  return {plan.at_once, on_block(file.path, options.compress.block_size_bytes,
                                 [settings = plan.settings, &models](ByteSource& block,
                                                                     const Progress& progress) {
                                   return packed(compress_block(block, settings, models, progress));
                                 })};
}

Estimate estimate_shared(const Options& options, const Models& models, InputFile& input,
                         SharedBlocks& blocks, const Progress& progress) {
  NullSink nowhere;
  FileOfBlocks file(nowhere, options.compress, models);
  Estimate sum;
  blocks.run(
      block_sizes(options, input), false,
      [&](ByteView description) { return estimating_share(options, models, description); },
      [&](uint64_t, const Bytes& result) {
        ByteReader in(result, ErrorKind::kInternal);
        sum.content_bytes += in.varint("content");
        sum.characters += in.varint("characters");
        sum.tokens += in.varint("tokens");
        sum.bits += take_double(in);
        if (in.remaining() > 0)
          file.add(unpacked_block(in.take(in.remaining(), "sizes of a block")));
      },
      progress);
  if (options.estimate_of == EstimateOf::kFile) sum.file_bytes = file.finish().compressed_bytes;
  return sum;
}

Share estimating_share(const Options& options, const Models& models, ByteView description) {
  const OpenedFile file = opened(options, models, description);
  const Plan plan = plan_for(options, models, file.size_bytes);
  const EstimateOf what = options.estimate_of;
  return {plan.at_once,
          on_block(file.path, options.compress.block_size_bytes,
                   [settings = plan.settings, &models, what](ByteSource& block,
                                                             const Progress& progress) {
                     return what == EstimateOf::kFile
                                ? estimate_as_file(block, settings, models, progress)
                                : packed(estimate(block, models, settings, what, progress));
                   })};
}

}  // namespace llmz
