// SPDX-License-Identifier: Apache-2.0
#include "base/csv.h"

namespace llmz {
namespace {

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {
    const std::string_view mark = "\xEF\xBB\xBF";
    if (text_.substr(0, mark.size()) == mark) position_ = mark.size();
  }

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (position_ < text_.size()) {
      if (text_[position_] == '#') {
        skip_line();
        continue;
      }
      CsvRow row = take_row();
      if (row.fields.size() > 1 || !row.fields[0].empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  void skip_line() {
    const size_t end = text_.find('\n', position_);
    position_ = end == std::string_view::npos ? text_.size() : end + 1;
    ++line_;
  }

  CsvRow take_row() {
    CsvRow row{line_, {}};
    for (;;) {
      row.fields.push_back(take_field());
      if (position_ == text_.size()) return row;
      if (text_[position_++] == ',') continue;
      ++line_;
      return row;
    }
  }

  // Up to the comma, the line feed or the end that follows.
  std::string take_field() {
    std::string field;
    bool quoted = false;
    const size_t line = line_;
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (c == '"') {
        const bool doubled = quoted && text_.substr(position_ + 1, 1) == "\"";
        if (doubled) field += text_[++position_];
        if (!doubled) quoted = !quoted;
        continue;
      }
      if (!quoted && (c == ',' || c == '\n')) break;
      if (!quoted && c == '\r' && text_.substr(position_ + 1, 1) == "\n") continue;
      if (c == '\n') ++line_;
      field += c;
    }
    if (quoted)
      throw Error(ErrorKind::kUsage,
                  "line " + std::to_string(line) + ": a double quote is not closed");
    return field;
  }

  std::string_view text_;
  size_t position_ = 0;
  size_t line_ = 1;
};

}  // namespace

std::vector<CsvRow> read_csv(ByteView csv) { return CsvReader(csv.text()).rows(); }

std::string csv_field(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos && field.substr(0, 1) != "#")
    return field;
  std::string quoted = "\"";
  for (char c : field) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace llmz
