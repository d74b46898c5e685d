// SPDX-License-Identifier: Apache-2.0
// What compress, decompress and test have in common.
#pragma once

#include <functional>

#include "cli/files.h"
#include "cli/options.h"
#include "cli/report.h"

namespace llmz {

// Where the output of `input` goes: -o or -c, standard output for standard input, else what
// `derive` makes of the name. A name is only derived for a regular file.
std::string output_path(const Options& options, const InputFile& input,
                        const std::function<std::string(const std::string&)>& derive);

// May an existing file at `path` be replaced? With -f, or when the user says so on the terminal.
// Throws Error{kIo} if not, and for a device or pipe that only happens to have a derived name.
bool may_overwrite(const Options& options, const std::string& path);

// Throws Error{kUsage} for an output that is its own input.
void refuse_same_file(const OutputFile& output, const InputFile& input);

// What an llmz file says of itself.
struct FileSummary {
  uint64_t content_bytes = 0;
  std::optional<uint32_t> fingerprint_low;  // of the first model that it needs
};

inline std::optional<uint64_t> content_bytes_of(const std::optional<FileSummary>& summary) {
  return summary ? std::optional<uint64_t>(summary->content_bytes) : std::nullopt;
}

// Whether an llmz file is undamaged as far as its checks tell, without decoding; nullopt for pipes.
// Leaves the file where it was.
std::optional<FileSummary> check_frames(InputFile& input);

// Whether a pipe that is named is meant: -c or -o says where the output goes.
Pipes pipes_of(const Options& options);

// For --rm without -f, before the work: throws Skip for what the output would not replace.
void check_removable(const Options& options, const InputFile& input);

// What a journal of blocks stands beside; empty where the output is no file that remains.
std::string journal_place(const OutputFile& output, const std::string& target);

// commit(), what was noticed about the input, and --rm.
void finish_output(const Options& options, OutputFile& output, const InputFile& input,
                   Reporter& reporter);

// Does a summary line follow each file? With -v, or on a terminal.
bool wants_summary(const Options& options);

// What each method took: "network and mix 90000 -> 20000, "; empty for nothing.
std::string methods_text(const Totals& totals);

// The members of a result that all share.
Json totals_json(const std::string& file, const Totals& totals, double seconds);

}  // namespace llmz
