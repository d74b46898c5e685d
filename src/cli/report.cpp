// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <cstdio>
#include <filesystem>
#include <new>
#include <system_error>

#include "base/printable.h"
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
    case ErrorKind::kReferenceMissing:
      return "reference_missing";
    case ErrorKind::kInternal:
      break;
  }
  return "internal";
}

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (unsigned char byte : bytes) text += hexadecimal(byte, 2);
  return text;
}

// Bytes that JSON cannot hold, beside what it makes of them.
void add_bytes(Json& json) {
  if (!json.is_structured()) return;
  Json added = Json::object();
  for (const auto& [name, value] : json.items()) {
    add_bytes(value);
    if (json.is_object() && value.is_string() && !is_utf8(value.get_ref<const std::string&>()))
      added[name + "_hex"] = hex_of(value.get_ref<const std::string&>());
  }
  if (!added.empty()) json.update(added);
}

}  // namespace

std::string display_name(const std::string& path) {
  return path == "-" ? "(standard input)" : printable(path);
}

void say(const std::string& text) {
  std::fprintf(stderr, "llmz: %s\n", printable(text, true).c_str());
}

void Reporter::tell(const std::string& file, const std::string& message) {
  const std::string text = file.empty() ? message : display_name(file) + ": " + message;
  holds_ ? held_.push_back(text) : say(text);
}

void Reporter::error(const std::string& file, const Error& error) {
  status_ = 1;
  tell(file, error.what());
  result(
      {{"file", file}, {"error", {{"kind", kind_name(error.kind())}, {"message", error.what()}}}});
}

void Reporter::warning(const std::string& file, const std::string& message) {
  if (status_ == 0) status_ = 2;
  if (!quiet_) tell(file, message);
  result({{"file", file}, {"warning", message}});
}

void Reporter::note(const std::string& file, const std::string& message) {
  if (!quiet_) tell(file, message);
}

void Reporter::warn_if_changed(const InputFile& input) {
  if (!input.was_changed()) return;
  warning(input.path(), "changed while it was being read: only the " +
                            std::to_string(input.size_bytes().value_or(0)) +
                            " bytes that it had when it was opened were taken");
}

void Reporter::for_each_file(const Options& options,
                             const std::function<void(const std::string&)>& work) {
  for (const std::string& file : options.recursive ? files_below(options, *this) : options.files) {
    if (!attempt(file, work)) return;
  }
}

bool Reporter::attempt(const std::string& file,
                       const std::function<void(const std::string&)>& work) {
  try {
    if (std::error_code ignored; file != "-" && std::filesystem::is_directory(file, ignored)) {
      throw Skip(
          "is a directory, skipped: -r compresses its files one by one, tar makes one file of it, "
          "which compresses better");
    }
    work(file);
  } catch (const StdoutError& e) {
    status_ = 1;
    if (e.ends_quietly()) throw;
    error(file, e);
    return false;
  } catch (const Error& e) {
    error(file, e);
    return e.kind() != ErrorKind::kInterrupted;
  } catch (const Skip& e) {
    warning(file, e.what());
  } catch (const std::bad_alloc&) {
    error(file, Error(ErrorKind::kInternal, "out of memory"));
  } catch (const std::exception& e) {
    error(file, Error(ErrorKind::kInternal, e.what()));
  }
  return true;
}

Reporter Reporter::aside() const {
  Reporter of_file(json_, quiet_, command_);
  of_file.holds_ = true;
  return of_file;
}

void Reporter::take(Reporter&& of_file) {
  for (const std::string& text : of_file.held_) say(text);
  for (Json& one : of_file.results_) results_.push_back(std::move(one));
  if (of_file.status_ == 1 || status_ == 0) status_ = of_file.status_;
}

Bytes Reporter::packed() const {
  return Json::to_msgpack({{"held", held_}, {"results", results_}, {"status", status_}});
}

void Reporter::unpack(ByteView bytes) {
  const Json all = Json::from_msgpack(bytes.begin(), bytes.end());
  held_ = all.at("held").get<std::vector<std::string>>();
  results_ = all.at("results");
  status_ = all.at("status");
}

int Reporter::finish() {
  if (!json_) return status_;
  Json all = {{"command", command_}, {"results", results_}, {"exit_status", status_}};
  add_bytes(all);
  print(all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  return status_;
}

}  // namespace llmz
