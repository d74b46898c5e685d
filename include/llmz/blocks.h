// SPDX-License-Identifier: Apache-2.0
// One file, whose blocks are at work in several processes or on several machines: each codes what
// it is given, and one puts it together. The bytes are those of compress() and decompress(), for
// which content of one block needs nothing of this.
//
//   blocks of content:   compress_block()     anywhere, in any order
//                        FileOfBlocks         in order: the file that compress() writes
//   frames of a file:    locate_frames()      frame.h
//                        decompress_frames()  anywhere: their content
#pragma once

#include <memory>
#include <vector>

#include "llmz/compress.h"
#include "llmz/decompress.h"
#include "llmz/frame.h"

namespace llmz {

struct CompressedBlock {
  Bytes frames;
  std::vector<FrameSizes> sizes;
  Totals totals;
};

// How many blocks compress() has at work at once for so much content: as many as there are threads
// and memory for. sharing: processes that share the memory of this machine. Throws kLimit where
// max_memory_bytes does not suffice for one.
LLMZ_API unsigned blocks_at_once(uint64_t content_bytes, const CompressSettings& settings,
                                 const Models& models, unsigned sharing = 1);

// The same of decompress(), for frames of a file that are as large as its largest one.
LLMZ_API unsigned frames_at_once(SeekableSource& file, const std::vector<FramePlace>& frames,
                                 const Models& models, const DecompressSettings& settings,
                                 unsigned sharing = 1);

// One block of a file of several: block_size_bytes of its content, or what is left at its end.
// `in` ends behind it. Throws as compress().
LLMZ_API CompressedBlock compress_block(ByteSource& in, const CompressSettings& settings,
                                        const Models& models, const Progress& progress = {});

// Writes a file of blocks: first the model, where the settings say so; the index at the end.
class LLMZ_API FileOfBlocks {
 public:
  FileOfBlocks(ByteSink& out, const CompressSettings& settings, const Models& models);
  ~FileOfBlocks();
  FileOfBlocks(FileOfBlocks&&) noexcept;
  FileOfBlocks& operator=(FileOfBlocks&&) noexcept;

  // The next block of the content. Its frames may be left out where only totals are wanted.
  void add(const CompressedBlock& block);
  // After the last one.
  const Totals& finish();

 private:
  std::unique_ptr<class FileOfBlocksState> state_;
};

// The content of `count` frames from `first` on. frames: locate_frames() of the file. Every check
// but that of the index is made. Throws as decompress().
LLMZ_API Totals decompress_frames(SeekableSource& file, const std::vector<FramePlace>& frames,
                                  size_t first, size_t count, ByteSink& out, const Models& models,
                                  const DecompressSettings& settings,
                                  const Progress& progress = {});

}  // namespace llmz
