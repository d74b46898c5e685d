// SPDX-License-Identifier: Apache-2.0
// What the user is told, and the exit status: 0, 1 after an error, 2 after a warning. Messages go
// to standard error; with --json, results and errors also into one object on standard output, which
// finish() prints. A string there that is not UTF-8 (a name, a text that ends inside a character)
// has U+FFFD for what is wrong, and a member beside it, its name with _hex, with its bytes.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/hexadecimal.h"  // IWYU pragma: export
#include "cli/files.h"
#include "cli/options.h"

namespace llmz {

using Json = nlohmann::ordered_json;

// A file that is left alone on purpose.
class Skip : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Reporter {
 public:
  Reporter(bool json, bool quiet, std::string command)
      : json_(json), quiet_(quiet), command_(std::move(command)) {}

  // `file` may be empty. All texts are made printable.
  void error(const std::string& file, const Error& error);
  void warning(const std::string& file, const std::string& message);
  // To standard error, unless --quiet.
  void note(const std::string& file, const std::string& message);
  // Kept for finish() where --json asks for it; else a folder of 100,000 files would fill memory.
  void result(Json result) {
    if (json_) results_.push_back(std::move(result));
  }

  // A file that was written to while it was read.
  void warn_if_changed(const InputFile& input);

  // Calls work(file) for each file. An error ends that file only, a signal or a closed standard
  // output all.
  void for_each_file(const Options& options, const std::function<void(const std::string&)>& work);
  // The same for one file; false if no other file is to be begun.
  bool attempt(const std::string& file, const std::function<void(const std::string&)>& work);

  // A reporter of one file among several that are at work: what it is told, take() tells.
  Reporter aside() const;
  void take(Reporter&& of_file);
  // The same from another process: what it was told there, as bytes.
  Bytes packed() const;
  void unpack(ByteView bytes);

  int finish();

 private:
  void tell(const std::string& file, const std::string& message);

  bool json_;
  bool quiet_;
  bool holds_ = false;
  std::vector<std::string> held_;  // messages
  std::string command_;
  int status_ = 0;
  Json results_ = Json::array();
};

// A name for a message or a table: "(standard input)" for "-", and "?" for control characters.
std::string display_name(const std::string& path);

// A line to standard error, made printable: "llmz: TEXT".
void say(const std::string& text);

}  // namespace llmz
