// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_table.h"

#include <algorithm>

#include "base/csv.h"
#include "base/printable.h"
#include "cli/plot.h"
#include "cli/text.h"

namespace llmz {
namespace {

constexpr int kPaperBytesPerParameter = 2;

// Megabytes a second, three digits that count; of nothing there is no speed.
std::string speed_text(uint64_t bytes, double seconds) {
  if (bytes == 0 || seconds <= 0) return "-";
  const double megabytes = static_cast<double>(bytes) / seconds / 1e6;
  return format_number(megabytes < 100 ? "%.3g" : "%.0f", megabytes);
}

// A model may be many times the content.
std::string percent_text(double ratio) {
  return format_number(ratio < 100 ? "%.2f" : "%.0f", 100 * ratio);
}

std::string right(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

uint64_t paper_model_bytes(const CompareRow& row) {
  return kPaperBytesPerParameter * row.model_parameters;
}

}  // namespace

double ratio_of(const CompareRow& row, uint64_t further_bytes) {
  if (row.measured.content_bytes == 0) return 0;
  return static_cast<double>(row.measured.compressed_bytes + further_bytes) /
         static_cast<double>(row.measured.content_bytes);
}

std::string table_text(const Options& options, const CompareTable& table) {
  std::string text = table.title + ": " + std::to_string(table.content_bytes) + " bytes";
  if (options.chunk_bytes > 0)
    text += " in chunks of " + std::to_string(options.chunk_bytes) + ", headers counted once";
  size_t width = 10;
  for (const CompareRow& row : table.rows) width = std::max(width, row.compressor.size());
  const auto line = [&](const std::string& name, const std::vector<std::string>& columns) {
    constexpr size_t kWidths[] = {11, 8, 10, 11, 9, 11, 7};
    std::string made = "  " + printable(name) + std::string(width - name.size(), ' ');
    for (size_t i = 0; i < columns.size(); ++i) made += " " + right(columns[i], kWidths[i]);
    return made + "\n";
  };
  text += "\n" + line("", {"", "", "", "with model", "MB/s", "MB/s", "memory"});
  text += line("compressor", {"bytes", "%", "bits/byte", "%", "compress", "decompress", "MB"});
  for (const CompareRow& row : table.rows) {
    const Measurement& m = row.measured;
    const std::string memory =
        m.peak_memory_bytes ? format_number("%.1f", static_cast<double>(*m.peak_memory_bytes) / 1e6)
                            : "-";
    text +=
        line(row.compressor, {std::to_string(m.compressed_bytes), percent_text(ratio_of(row, 0)),
                              format_number("%.3f", 8 * ratio_of(row, 0)),
                              percent_text(ratio_of(row, row.model_file_bytes)),
                              speed_text(m.content_bytes, m.compress_seconds),
                              speed_text(m.content_bytes, m.decompress_seconds), memory});
  }
  return text;
}

Json table_json(const Options& options, const CompareTable& table) {
  Json rows = Json::array();
  for (const CompareRow& row : table.rows) {
    const Measurement& m = row.measured;
    Json json = {{"compressor", row.compressor},
                 {"compressed_bytes", m.compressed_bytes},
                 {"ratio", ratio_of(row, 0)},
                 {"bits_per_byte", 8 * ratio_of(row, 0)},
                 {"adjusted_ratio", ratio_of(row, row.model_file_bytes)},
                 {"compress_seconds", m.compress_seconds},
                 {"decompress_seconds", m.decompress_seconds},
                 {"decoded_equal", true}};
    if (m.peak_memory_bytes) json["peak_memory_bytes"] = *m.peak_memory_bytes;
    if (row.model_file_bytes > 0) {
      json["model_file_bytes"] = row.model_file_bytes;
      json["model_parameters"] = row.model_parameters;
      json["adjusted_ratio_2_bytes_per_parameter"] = ratio_of(row, paper_model_bytes(row));
    }
    rows.push_back(std::move(json));
  }
  Json result;
  if (table.file.empty()) {
    result["total_of"] = table.title;
  } else {
    result["file"] = table.file;
  }
  result["content_bytes"] = table.content_bytes;
  if (options.chunk_bytes > 0) result["chunk_bytes"] = options.chunk_bytes;
  result["rows"] = std::move(rows);
  return result;
}

std::string csv_header() {
  return "file,content_bytes,compressor,compressed_bytes,ratio,bits_per_byte,adjusted_ratio,"
         "adjusted_ratio_2_bytes_per_parameter,compress_seconds,decompress_seconds,"
         "peak_memory_bytes\n";
}

std::string table_csv(const CompareTable& table) {
  std::string text;
  for (const CompareRow& row : table.rows) {
    const Measurement& m = row.measured;
    text += csv_field(table.file.empty() ? table.title : table.file) + "," +
            std::to_string(m.content_bytes) + "," + csv_field(row.compressor) + "," +
            std::to_string(m.compressed_bytes) + format_number(",%.6f", ratio_of(row, 0)) +
            format_number(",%.6f", 8 * ratio_of(row, 0)) +
            format_number(",%.6f", ratio_of(row, row.model_file_bytes)) +
            format_number(",%.6f", ratio_of(row, paper_model_bytes(row))) +
            format_number(",%.6f", m.compress_seconds) +
            format_number(",%.6f", m.decompress_seconds) + "," +
            (m.peak_memory_bytes ? std::to_string(*m.peak_memory_bytes) : "") + "\n";
  }
  return text;
}

std::string table_plot(const std::vector<CompareTable>& tables) {
  // One line for each file, one column for each compressor that the first file has.
  std::string lines, plots;
  for (const CompareTable& table : tables) {
    const std::string base = table.title.substr(table.title.rfind('/') + 1);
    lines += "\"" + plot_text(base) + "\"";
    for (const CompareRow& column : tables[0].rows) {
      const auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const CompareRow& r) {
        return r.compressor == column.compressor;
      });
      lines += row == table.rows.end() ? "\t?" : format_number("\t%.6f", 8 * ratio_of(*row, 0));
    }
    lines += "\n";
  }
  for (size_t i = 0; i < tables[0].rows.size(); ++i) {
    plots += std::string(i == 0 ? "" : ", ") + "$data using " + std::to_string(i + 2) +
             ":xtic(1) title '" + plot_text(tables[0].rows[i].compressor) + "'";
  }
  return std::string(kPlotData) + plot_block("$data", lines) +
         "set style data histogram\nset style histogram clustered gap 1\n"
         "set style fill solid 0.8 border rgb '#ffffff'\nset ylabel 'bits per byte'\n"
         "set yrange [0:*]\nset grid y\nset key outside right top\nset xtics rotate by -20\n"
         "plot " +
         plots + "\n";
}

CompareTable total_of(const std::vector<CompareTable>& tables) {
  CompareTable total;
  total.title = "(total of " + std::to_string(tables.size()) + ")";
  for (const CompareTable& table : tables) total.content_bytes += table.content_bytes;
  for (const CompareRow& first : tables[0].rows) {
    CompareRow sum = first;
    sum.measured = {};
    size_t found = 0;
    for (const CompareTable& table : tables) {
      for (const CompareRow& row : table.rows) {
        if (row.compressor != first.compressor) continue;
        ++found;
        const Measurement& m = row.measured;
        sum.measured.content_bytes += m.content_bytes;
        sum.measured.compressed_bytes += m.compressed_bytes;
        sum.measured.compress_seconds += m.compress_seconds;
        sum.measured.decompress_seconds += m.decompress_seconds;
        if (m.peak_memory_bytes)
          sum.measured.peak_memory_bytes =
              std::max(sum.measured.peak_memory_bytes.value_or(0), *m.peak_memory_bytes);
      }
    }
    if (found == tables.size()) total.rows.push_back(sum);
  }
  return total;
}

}  // namespace llmz
