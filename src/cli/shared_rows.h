// SPDX-License-Identifier: Apache-2.0
// Rows of a table, each of which one process makes: compressors of a file, models, files. A process
// makes one at a time, with all its threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/report.h"
#include "cluster/cluster.h"

namespace llmz {

// What a row is, as the processes tell each other; or what went wrong.
struct SharedRow {
  Json value;
  std::optional<Error> error;
};

// Makes row number `row`.
using RowWork = std::function<Json(size_t row, const Progress& progress)>;
// names: those of the rows, or of what they are about, from the leader.
using RowsOf = std::function<RowWork(const std::vector<std::string>& names)>;

// Whether several processes work together.
bool shares_rows();

// take() gets all rows in order.
void share_rows(const std::vector<std::string>& names, size_t rows, const RowsOf& rows_of,
                const std::function<void(size_t row, SharedRow made)>& take,
                const Progress& progress);

// Of a process that another one leads: until the leader leaves, or for one job.
void serve_rows(const RowsOf& rows_of);
Share rows_share(const RowsOf& rows_of, ByteView description);

// The options with the threads that this process has.
Options with_own_threads(const Options& options);

}  // namespace llmz
