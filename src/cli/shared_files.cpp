// SPDX-License-Identifier: Apache-2.0
#include "cli/shared_files.h"

#include <sys/stat.h>

#include "cli/cluster_run.h"
#include "cli/progress.h"
#include "cli/shared_blocks.h"
#include "cluster/in_order.h"
#include "cluster/packing.h"

namespace llmz {
namespace {

constexpr off_t kShortBytes = 4 << 20;
// What a file by itself takes, model and coders included.
constexpr uint64_t kBytesOfOne = uint64_t{256} << 20;

}  // namespace

bool is_for_one_process(const Options& options, const std::string& path) {
  struct stat status = {};
  if (path == "-" || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (status.st_size <= kShortBytes) return true;
  const uint64_t block = options.compress.block_size_bytes;
  if (options.command == Command::kCompress)
    return block == 0 || static_cast<uint64_t>(status.st_size) <= block;
  try {
    InputFile input(path);
    SeekableFile file(input);
    return locate_frames(file).size() == 1;
  } catch (const Error&) {  // its work will say so
    return true;
  }
}

void share_files(const Options& options, Reporter& reporter, const std::vector<std::string>& paths,
                 const FileWork& work) {
  Job job;
  job.description = packed(static_cast<uint8_t>(JobKind::kFiles), paths);
  job.items = paths.size();
  InOrder in_order(job.items, nullptr, [&](uint64_t, const Bytes& result) {
    Reporter of_file = reporter.aside();
    of_file.unpack(result);
    reporter.take(std::move(of_file));
  });
  ProgressBar bar(options, std::nullopt, "", std::to_string(paths.size()) + " files: ");
  cluster()->run(
      job, [&](ByteView description) { return files_share(options, reporter, work, description); },
      [&](uint64_t item, Bytes result) { in_order.take(item, std::move(result)); }, bar.callback());
}

Share files_share(const Options& options, const Reporter& reporter, const FileWork& work,
                  ByteView description) {
  Options of_file = options;
  of_file.side_by_side = true;
  of_file.compress.engine.threads = 1;
  return {items_that_fit(options, kBytesOfOne),
          [of_file, &reporter, &work, paths = unpacked_names(description)](
              uint64_t item, const Progress& progress) {
            progress(0);
            Reporter report = reporter.aside();
            report.attempt(paths[item],
                           [&](const std::string& path) { work(of_file, report, path); });
            return report.packed();
          }};
}

}  // namespace llmz
