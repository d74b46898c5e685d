// SPDX-License-Identifier: Apache-2.0
// One file, the parts of which several processes have at work; for those that --resume goes on
// with, a journal beside the output.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/files.h"
#include "cli/options.h"
#include "cluster/cluster.h"
#include "cluster/in_order.h"

namespace llmz {

// What is in the description of a job first.
enum class JobKind : uint8_t { kFiles = 1, kBlocks, kRows };

// Whether the parts of this input may be shared: there is a cluster, and a file that all of it can
// read. Throws Error{kUsage} for a pipe that several processes would have to read.
bool may_share(const InputFile& input);

class SharedBlocks {
 public:
  // settings: all that the result depends on besides the input, as text. target: what the journal
  // stands beside; empty: there is none.
  SharedBlocks(const Options& options, InputFile& input, const std::string& settings,
               const std::string& target);

  // give() gets what came of each, in order. long_results: they are content, or what becomes of it.
  void run(const std::vector<uint64_t>& sizes_bytes, bool long_results, const Prepare& prepare,
           const std::function<void(uint64_t item, Bytes result)>& give, const Progress& progress);
  // The output has its name.
  void finished();

 private:
  // For a message; empty where nothing is finished.
  std::string way_on() const;

  const std::string path_;
  Bytes description_;
  uint64_t items_ = 0;
  std::unique_ptr<Journal> journal_;
};

// For the other processes: the path of the file, after the check that it is the same here, and what
// is done with it.
std::string shared_path(ByteView description,
                        const std::function<std::string(InputFile&)>& settings);

// What the settings of compress are, as text; and of decompress.
std::string settings_text(const Options& options, const Models& models);

}  // namespace llmz
