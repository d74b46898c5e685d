// SPDX-License-Identifier: Apache-2.0
#include "cli/side_by_side.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/processor.h"
#include "cli/cluster_run.h"
#include "cli/folders.h"
#include "cli/progress.h"
#include "cli/shared_blocks.h"
#include "cli/shared_files.h"

namespace llmz {
namespace {

// A longer one has work for several threads, and takes more memory.
constexpr off_t kShortBytes = 4 << 20;

// Of compressed bytes: about 16 KB of text, which takes some MB.
constexpr uint64_t kTinyBytes = 4 << 10;
constexpr unsigned kTinyForThread = 8, kMostTiny = 64;

struct ShortFile {
  std::string path;
  uint64_t size_bytes;
};

std::optional<ShortFile> short_file(const std::string& path) {
  struct stat status = {};
  if (path == "-" || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > kShortBytes)
    return std::nullopt;
  return ShortFile{path, static_cast<uint64_t>(status.st_size)};
}

unsigned threads_for_files(const Options& options) {
  const bool one_output = options.output.has_value() || options.against.has_value();
  const bool limited = options.compress.max_memory_bytes > 0;
  const unsigned asked = options.compress.engine.threads, most = usable_processors();
  return one_output || limited ? 1 : asked > 0 ? std::min(asked, most) : most;
}

// How many tiny files there are at once for each thread. Those that do not wait compute, so that
// only where all processors may be used there are more of them than threads were asked for.
unsigned tiny_for_thread(FilesAtOnce at_once, unsigned threads) {
  if (at_once == FilesAtOnce::kOne || threads < usable_processors()) return 1;
  return std::clamp(kMostTiny / threads, 1u, kTinyForThread);
}

// Room for as many tiny files as may be in hand at once; any other takes that of several.
class Room {
 public:
  explicit Room(unsigned units) : left_(units) {}
  void take(unsigned units) {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [&] { return left_ >= units; });
    left_ -= units;
  }
  void give_back(unsigned units) {
    const std::lock_guard lock(mutex_);
    left_ += units;
    given_back_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_back_;
  unsigned left_;
};

// Short files that follow each other. Workers take the next file; the calling thread tells what
// came of each, in their order.
class Batch {
 public:
  // workers: for tiny files. `units` of them are room for one that is not.
  Batch(const Options& options, std::vector<ShortFile> files, const FileWork& work,
        unsigned workers, unsigned units)
      : options_(options),
        of_file_(options),
        files_(std::move(files)),
        work_(work),
        workers_(workers),
        units_(units),
        room_(workers) {
    of_file_.side_by_side = true;
    of_file_.compress.engine.threads = 1;
  }

  // False if no other file is to be begun.
  bool run(Reporter& reporter) {
    for (size_t i = 0; i < files_.size(); ++i) reports_.push_back(reporter.aside());
    done_.assign(files_.size(), State::kWaiting);
    std::vector<std::thread> workers;
    while (workers.size() < std::min<size_t>(workers_, files_.size())) {
      try {
        workers.emplace_back([this] { take_files(); });
      } catch (const std::system_error&) {  // the system has no thread left
        break;
      }
    }
    if (workers.empty()) take_files();
    const bool goes_on = tell_all(reporter);
    stopped_ = true;
    for (std::thread& worker : workers) worker.join();
    return goes_on;
  }

 private:
  enum class State { kWaiting, kDone, kDoneAndStop };

  unsigned units_of(const ShortFile& file) const {
    return file.size_bytes <= kTinyBytes ? 1 : units_;
  }

  // The next file, when there is room for it: a large one is not passed by those behind it.
  std::optional<size_t> next_file() {
    const std::lock_guard turn(turn_);
    if (stopped_ || next_ == files_.size()) return std::nullopt;
    room_.take(units_of(files_[next_]));
    return next_++;
  }

  void take_files() {
    while (const std::optional<size_t> file = next_file()) {
      const size_t i = *file;
      const bool goes_on = reports_[i].attempt(
          files_[i].path, [&](const std::string& path) { work_(of_file_, reports_[i], path); });
      room_.give_back(units_of(files_[i]));
      const std::lock_guard lock(mutex_);
      done_[i] = goes_on ? State::kDone : State::kDoneAndStop;
      done_bytes_ += files_[i].size_bytes;
      changed_.notify_all();
    }
  }

  bool tell_all(Reporter& reporter) {
    uint64_t total_bytes = 0;
    for (const ShortFile& file : files_) total_bytes += file.size_bytes;
    ProgressBar bar(options_, total_bytes, "", std::to_string(files_.size()) + " files: ");
    const Progress draw = bar.callback();
    for (size_t i = 0; i < files_.size(); ++i) {
      std::unique_lock lock(mutex_);
      while (done_[i] == State::kWaiting) {
        changed_.wait_for(lock, std::chrono::milliseconds(100));
        const uint64_t done_bytes = done_bytes_;
        lock.unlock();
        try {
          draw(done_bytes);
        } catch (const Error&) {  // interrupted: the files' own work ends by it, too
        }
        lock.lock();
      }
      lock.unlock();
      bar.clear();
      reporter.take(std::move(reports_[i]));
      if (done_[i] == State::kDoneAndStop) return false;
    }
    return true;
  }

  const Options& options_;
  Options of_file_;
  const std::vector<ShortFile> files_;
  const FileWork& work_;
  const unsigned workers_, units_;
  Room room_;
  std::vector<Reporter> reports_;
  std::mutex turn_;
  size_t next_ = 0;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<State> done_;
  uint64_t done_bytes_ = 0;
};

// Files of which one process does each; the others one by one, each by all.
void for_each_file_of_cluster(const Options& options, Reporter& reporter,
                              const std::vector<std::string>& files, const FileWork& work) {
  const bool one_output = options.output.has_value() || options.against.has_value();
  const auto alone = [&](const std::string& path) { work(options, reporter, path); };
  for (size_t i = 0; i < files.size();) {
    std::vector<std::string> batch;
    while (!one_output && i + batch.size() < files.size() &&
           is_for_one_process(options, files[i + batch.size()]))
      batch.push_back(files[i + batch.size()]);
    if (batch.size() > 1) {
      i += batch.size();
      share_files(options, reporter, batch, work);
    } else if (!reporter.attempt(files[i++], alone)) {
      return;
    }
  }
}

void serve_files(const Options& options, const Reporter& reporter, const FileWork& work,
                 const Prepare& parts) {
  serve_leader([&](ByteView description) {
    return static_cast<JobKind>(description[0]) == JobKind::kFiles
               ? files_share(options, reporter, work, description)
               : parts(description);
  });
}

}  // namespace

void for_each_file_side_by_side(const Options& options, Reporter& reporter, const FileWork& work,
                                const Prepare& parts, FilesAtOnce at_once) {
  if (is_member()) return serve_files(options, reporter, work, parts);
  const std::vector<std::string> files =
      options.recursive ? files_below(options, reporter) : options.files;
  if (cluster() && cluster()->processes() > 1)
    return for_each_file_of_cluster(options, reporter, files, work);
  const unsigned threads = threads_for_files(options);
  const unsigned units = tiny_for_thread(at_once, threads);
  for (size_t i = 0; i < files.size();) {
    std::vector<ShortFile> batch;
    while (threads > 1 && i + batch.size() < files.size()) {
      const std::optional<ShortFile> file = short_file(files[i + batch.size()]);
      if (!file) break;
      batch.push_back(*file);
    }
    if (batch.size() > 1) {
      i += batch.size();
      if (!Batch(options, std::move(batch), work, threads * units, units).run(reporter)) return;
      continue;
    }
    const auto alone = [&](const std::string& path) { work(options, reporter, path); };
    if (!reporter.attempt(files[i++], alone)) return;
  }
}

}  // namespace llmz
