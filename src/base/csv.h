// SPDX-License-Identifier: Apache-2.0
// Comma-separated values. Debian's libcsv, the only library for this there, calls back for each
// field, and its callers are longer than this file.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace llmz {

struct CsvRow {
  size_t line = 0;  // where it begins, from 1
  std::vector<std::string> fields;
};

// RFC 4180: fields in double quotes may hold commas, line ends and doubled quotes; line ends are LF
// or CRLF. A byte order mark, empty lines and lines that begin with # are skipped. Throws
// Error{kUsage} for a quote that is not closed.
std::vector<CsvRow> read_csv(ByteView csv);

// `field` as one field: in quotes where it needs them.
std::string csv_field(const std::string& field);

}  // namespace llmz
