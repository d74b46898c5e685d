// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <cstdio>
#include <filesystem>
#include <new>
#include <system_error>

#include "cli/files.h"
#include "cli/folders.h"
#include "cli/text.h"

namespace llmz {
namespace {

const char* kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kIo:
      return "io";
    case ErrorKind::kNotLlmz:
      return "not_llmz";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kTruncated:
      return "truncated";
    case ErrorKind::kNewerVersion:
      return "newer_version";
    case ErrorKind::kModelMissing:
      return "model_missing";
    case ErrorKind::kModelBad:
      return "model_bad";
    case ErrorKind::kInterrupted:
      return "interrupted";
    case ErrorKind::kOutOfMemory:
      return "out_of_memory";
    case ErrorKind::kLimit:
      return "limit";
    case ErrorKind::kInternal:
      break;
  }
  return "internal";
}

void say(const std::string& file, const std::string& message) {
  const std::string prefix = file.empty() ? "" : display_name(file) + ": ";
  std::fprintf(stderr, "llmz: %s%s\n", prefix.c_str(), message.c_str());
}

}  // namespace

std::string display_name(const std::string& path) {
  if (path == "-") return "(standard input)";
  std::string shown = path;
  // A name may hold what moves the cursor, and lines that are not ours.
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ' || c == 127) c = '?';
  }
  return shown;
}

std::string hexadecimal(uint64_t value, int digits) {
  const std::string all = format_number("%016llx", static_cast<unsigned long long>(value));
  return all.substr(all.size() - static_cast<size_t>(digits));
}

void Reporter::error(const std::string& file, const Error& error) {
  status_ = 1;
  say(file, error.what());
  result(
      {{"file", file}, {"error", {{"kind", kind_name(error.kind())}, {"message", error.what()}}}});
}

void Reporter::warning(const std::string& file, const std::string& message) {
  if (status_ == 0) status_ = 2;
  if (!quiet_) say(file, message);
  result({{"file", file}, {"warning", message}});
}

void Reporter::note(const std::string& file, const std::string& message) {
  if (!quiet_) say(file, message);
}

void Reporter::for_each_file(const Options& options,
                             const std::function<void(const std::string&)>& work) {
  for (const std::string& file : options.recursive ? files_below(options, *this) : options.files) {
    try {
      if (std::error_code ignored; file != "-" && std::filesystem::is_directory(file, ignored)) {
        throw Skip(
            "is a directory, skipped: -r takes the files in it one by one, tar makes one file of "
            "it, which compresses better");
      }
      work(file);
    } catch (const StdoutError& e) {
      status_ = 1;
      if (!e.reader_has_ended) error(file, e);
      return;
    } catch (const Error& e) {
      error(file, e);
      if (e.kind() == ErrorKind::kInterrupted) return;
    } catch (const Skip& e) {
      warning(file, e.what());
    } catch (const std::bad_alloc&) {
      error(file, Error(ErrorKind::kInternal, "out of memory"));
    } catch (const std::exception& e) {
      error(file, Error(ErrorKind::kInternal, e.what()));
    }
  }
}

int Reporter::finish() {
  if (!json_) return status_;
  const Json all = {{"command", command_}, {"results", results_}, {"exit_status", status_}};
  // File names are bytes, and need not be UTF-8.
  print(all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  return status_;
}

}  // namespace llmz
