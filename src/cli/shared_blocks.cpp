// SPDX-License-Identifier: Apache-2.0
#include "cli/shared_blocks.h"

#include <algorithm>

#include "cli/cluster_run.h"
#include "cli/report.h"
#include "cluster/packing.h"

namespace llmz {
namespace {

constexpr uint64_t kSampleBytes = 64 << 10, kSamples = 16;

// Of its beginning and of places all over it: whole, it would be read once more.
std::string identity_of(InputFile& input) {
  const uint64_t size = input.size_bytes().value_or(0);
  Xxh3 hash;
  Bytes sample(kSampleBytes);
  for (uint64_t i = 0; i < kSamples; ++i) {
    input.seek(size > kSampleBytes ? (size - kSampleBytes) / (kSamples - 1) * i : 0);
    sample.resize(read_fully(input, sample.data(), kSampleBytes));
    hash.update(sample);
    sample.resize(kSampleBytes);
  }
  input.seek(0);
  return "input " + std::to_string(size) + " bytes, " + std::to_string(hash.digest()) + "\n";
}

std::string time_of(const InputFile& input) {
  const struct timespec& time = input.status().st_mtim;
  return "changed " + std::to_string(time.tv_sec) + " " + std::to_string(time.tv_nsec) + "\n";
}

}  // namespace

bool may_share(const InputFile& input) {
  if (!cluster()) return false;
  const bool is_named_file =
      input.is_regular() && input.path() != "-" && input.size_bytes().has_value();
  if (is_named_file || cluster()->processes() == 1) return is_named_file;
  throw Error(ErrorKind::kUsage,
              "is no file that every process can read: name one on a file system that all "
              "machines see");
}

SharedBlocks::SharedBlocks(const Options& options, InputFile& input, const std::string& settings,
                           const std::string& target)
    : path_(display_name(input.path())) {
  const std::string key = settings + identity_of(input);
  description_.push_back(static_cast<uint8_t>(JobKind::kBlocks));
  append_bytes(description_, ByteView(input.path()));
  append_bytes(description_, ByteView(key));
  if (target.empty()) return;
  journal_ = std::make_unique<Journal>(target + ".journal", key + time_of(input), options.resume,
                                       options.force);
  if (journal_->found() > 0 && !options.quiet)
    say(path_ + ": goes on with " + std::to_string(journal_->found()) + " finished blocks (" +
        journal_->path() + ")");
}

void SharedBlocks::run(const std::vector<uint64_t>& sizes_bytes, bool long_results,
                       const Prepare& prepare,
                       const std::function<void(uint64_t item, Bytes result)>& give,
                       const Progress& progress) {
  items_ = sizes_bytes.size();
  Job job;
  job.description = description_;
  job.items = sizes_bytes.size();
  job.size_bytes = [&](uint64_t item) { return sizes_bytes[item]; };
  if (journal_) job.is_done = [this](uint64_t item) { return journal_->has(item); };
  job.bounded = long_results && !journal_;
  // At once: a launcher kills a second after its first signal, and threads take a while to end.
  bool told = false;
  const Progress watched = [&](uint64_t done) {
    try {
      progress(done);
    } catch (const Error& e) {
      told = cluster()->processes() > 1;
      if (told)
        say(path_ + ": " + e.what() + ", which launchers send when a process has died" + way_on());
      throw;
    }
  };
  try {
    InOrder in_order(job.items, journal_.get(), give);
    in_order.give_waiting();
    cluster()->run(
        job, prepare, [&](uint64_t item, Bytes result) { in_order.take(item, std::move(result)); },
        watched);
  } catch (const Error& e) {
    const std::string how = told ? "" : way_on();
    if (journal_ && journal_->size() == 0) journal_->remove();
    throw Error(e.kind(), e.what() + how);
  }
}

std::string SharedBlocks::way_on() const {
  if (!journal_ || journal_->size() == 0) return "";
  return "; " + std::to_string(journal_->size()) + " of " + std::to_string(items_) +
         " blocks are finished (" + journal_->path() + "): the same command with --resume goes on";
}

void SharedBlocks::finished() {
  if (journal_) journal_->remove();
}

std::string shared_path(ByteView description,
                        const std::function<std::string(InputFile&)>& settings) {
  ByteReader in(description.subview(1, description.size - 1), ErrorKind::kInternal);
  std::string path = take_text(in);
  const std::string key = take_text(in);
  InputFile input(path);
  if (settings(input) + identity_of(input) == key) return path;
  throw Error(ErrorKind::kUsage,
              path +
                  " is another file here, or this llmz, its model or its options are others, "
                  "than those of rank 0");
}

std::string settings_text(const Options& options, const Models& models) {
  const CompressSettings& s = options.compress;
  std::string model = "none";
  try {
    if (s.network) model = hexadecimal(models.find(s.model).fingerprint, 16);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kModelMissing) throw;
  }
  std::string text = std::string("llmz ") + version() + "\n" + command_name(options.command) + "\n";
  if (s.reference) text += "reference " + std::to_string(s.reference->check(0)) + "\n";
  if (options.command == Command::kDecompress || options.command == Command::kTest) return text;
  return text + "model " + model + "\nmix " + std::to_string(s.mix) + ", learning " +
         std::to_string(s.learning) + ", lanes " + std::to_string(s.lanes) + ", memory " +
         std::to_string(s.memory_bits) + ", blocks " + std::to_string(s.block_size_bytes) +
         ", model embedded " + std::to_string(s.embed_model) + "\n" +
         (options.command == Command::kEstimate
              ? "measure " + std::to_string(static_cast<int>(options.estimate_of)) + "\n"
              : "");
}

}  // namespace llmz
