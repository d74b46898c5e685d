// SPDX-License-Identifier: Apache-2.0
// What llmz compare shows: one table for each file, and one of totals.
#pragma once

#include "cli/options.h"
#include "cli/report.h"
#include "llmz_lab/measurement.h"

namespace llmz {

struct CompareRow {
  std::string compressor;
  Measurement measured;
  // Of the model that a decompressor must have too; 0 without one.
  uint64_t model_file_bytes = 0, model_parameters = 0;
};

struct CompareTable {
  std::string title;  // of a file, or of the total
  std::string file;   // its path; empty for the total
  uint64_t content_bytes = 0;
  std::vector<CompareRow> rows;
};

// compressed bytes as a share of the content; 0 for empty content.
double ratio_of(const CompareRow& row, uint64_t further_bytes);

std::string table_text(const Options& options, const CompareTable& table);
Json table_json(const Options& options, const CompareTable& table);
std::string csv_header();
std::string table_csv(const CompareTable& table);
// Bars of bits per byte, a group for each table.
std::string table_plot(const std::vector<CompareTable>& tables);

// Adds up the rows that all tables have; a model counts once.
CompareTable total_of(const std::vector<CompareTable>& tables);

}  // namespace llmz
