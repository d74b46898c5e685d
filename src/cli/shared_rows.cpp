// SPDX-License-Identifier: Apache-2.0
#include "cli/shared_rows.h"

#include "cli/cluster_run.h"
#include "cli/shared_blocks.h"
#include "cluster/in_order.h"
#include "cluster/packing.h"

namespace llmz {
namespace {

// A row that fails leaves the others as they are.
Bytes made(const RowWork& work, size_t row, const Progress& progress) {
  Json result;
  try {
    result["value"] = work(row, progress);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kInterrupted) throw;
    result["error"] = {static_cast<int>(e.kind()), e.what()};
  }
  return Json::to_msgpack(result);
}

SharedRow unpacked(const Bytes& bytes) {
  const Json json = Json::from_msgpack(bytes);
  if (!json.contains("error")) return {json.at("value"), std::nullopt};
  const Json& error = json.at("error");
  return {Json(), Error(static_cast<ErrorKind>(error[0].get<int>()), error[1])};
}

}  // namespace

Share rows_share(const RowsOf& rows_of, ByteView description) {
  const RowWork work = rows_of(unpacked_names(description));
  return {1, [work](uint64_t item, const Progress& progress) {
            return made(work, static_cast<size_t>(item), progress);
          }};
}

bool shares_rows() { return cluster() && cluster()->processes() > 1; }

void share_rows(const std::vector<std::string>& names, size_t rows, const RowsOf& rows_of,
                const std::function<void(size_t row, SharedRow made)>& take,
                const Progress& progress) {
  Job job;
  job.description = packed(static_cast<uint8_t>(JobKind::kRows), names);
  job.items = rows;
  InOrder in_order(rows, nullptr, [&](uint64_t row, const Bytes& result) {
    take(static_cast<size_t>(row), unpacked(result));
  });
  cluster()->run(
      job, [&](ByteView description) { return rows_share(rows_of, description); },
      [&](uint64_t item, Bytes result) { in_order.take(item, std::move(result)); }, progress);
}

void serve_rows(const RowsOf& rows_of) {
  serve_leader([&](ByteView description) { return rows_share(rows_of, description); });
}

Options with_own_threads(const Options& options) {
  Options own = options;
  if (cluster()) own.compress.engine.threads = threads_of(options);
  return own;
}

}  // namespace llmz
