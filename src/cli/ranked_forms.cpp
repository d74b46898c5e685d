// SPDX-License-Identifier: Apache-2.0
// What llmz rank prints: a table, CSV or JSON.
#include <algorithm>
#include <functional>

#include "base/csv.h"
#include "base/printable.h"
#include "cli/progress.h"
#include "cli/rank_models.h"
#include "cli/rank_results.h"
#include "cli/text.h"

namespace llmz {
namespace {

double percent(double bytes, double of) { return of > 0 ? 100 * bytes / of : 0; }

// A column of the table.
struct Column {
  std::string head, format;
  std::function<double(const RankedModel&)> value;
};

std::vector<Column> columns_of(const Options& options) {
  std::vector<Column> columns = {
      {"parameters", "%.0f", [](const RankedModel& m) { return double(m.about.parameters); }}};
  if (options.measure.protocol) {
    const auto content = [](const RankedModel& m) {
      return static_cast<double>(m.protocol->tally.content_bytes);
    };
    columns.push_back({"bytes", "%.0f", content});
    columns.push_back(
        {"tokens", "%.0f", [](const RankedModel& m) { return double(m.protocol->tally.tokens); }});
    columns.push_back({"ratio", "%.4f", [](const RankedModel& m) { return m.protocol->ratio(); }});
    columns.push_back(
        {"bits/byte", "%.4f", [](const RankedModel& m) { return m.protocol->bits_per_byte(); }});
    if (*options.measure.protocol == Protocol::kBitsPerCharacter)
      columns.push_back({"bits/character", "%.4f",
                         [](const RankedModel& m) { return m.protocol->bits_per_character(); }});
    if (*options.measure.protocol == Protocol::kChunks) {
      columns.push_back({"raw %", "%.2f", [content](const RankedModel& m) {
                           return percent(m.protocol->tally.bits / 8, content(m));
                         }});
      columns.push_back({"adjusted %", "%.2f", [content](const RankedModel& m) {
                           return percent(m.protocol->tally.bits / 8 +
                                              2.0 * static_cast<double>(m.about.parameters),
                                          content(m));
                         }});
      columns.push_back({"with its file %", "%.2f", [content](const RankedModel& m) {
                           return percent(m.protocol->tally.bits / 8 +
                                              static_cast<double>(m.about.weight_bytes),
                                          content(m));
                         }});
    }
  }
  if (options.measure.tasks) {
    const auto share = [](size_t right, size_t all) {
      return percent(static_cast<double>(right), static_cast<double>(all));
    };
    columns.push_back(
        {"tasks", "%.0f", [](const RankedModel& m) { return double(m.tasks->tasks); }});
    columns.push_back({"right %", "%.1f", [share](const RankedModel& m) {
                         return share(m.tasks->right, m.tasks->tasks);
                       }});
    columns.push_back({"right per byte %", "%.1f", [share](const RankedModel& m) {
                         return share(m.tasks->right_per_byte, m.tasks->tasks);
                       }});
    columns.push_back(
        {"chance %", "%.1f", [](const RankedModel& m) { return 100 * m.tasks->chance; }});
  }
  return columns;
}

// What the protocol found in the files. Models may read windows of different sizes.
std::string protocol_text(const Options& options, const RankedModel& model) {
  if (!model.protocol) return "";
  const std::string texts = std::to_string(model.protocol->tally.sequences);
  switch (*options.measure.protocol) {
    case Protocol::kText8: {
      const bool all =
          options.measure.limit > 0 || model.protocol->tally.sequences >= kTextsOfText8;
      return texts + " texts of 200 words" +
             (all ? "" : ", all there are; the protocol takes " + std::to_string(kTextsOfText8)) +
             "\n";
    }
    case Protocol::kChunks:
      return texts + " chunks of " + std::to_string(settings_of(options).chunk_bytes) + " bytes\n";
    default:
      return texts + (texts == "1" ? " document\n" : " documents, one after the other\n");
  }
}

}  // namespace

std::string ranked_text(const Options& options, const std::vector<RankedModel>& models) {
  size_t width = 5;
  for (const RankedModel& m : models) width = std::max(width, m.name.size());
  std::string text = models.empty() ? "" : protocol_text(options, models[0]);
  text += "    model" + std::string(width - 5, ' ') + "  arithmetic    ";
  const std::vector<Column> columns = columns_of(options);
  for (const Column& c : columns)
    text += "  " + std::string(c.head.size() < 10 ? 10 - c.head.size() : 0, ' ') + c.head;
  text += "\n";
  for (size_t i = 0; i < models.size(); ++i) {
    const RankedModel& m = models[i];
    text += format_number("%2zu. ", i + 1) + printable(m.name) +
            std::string(width - m.name.size(), ' ') + "  " + m.about.arithmetic +
            std::string(14 - std::min<size_t>(14, m.about.arithmetic.size()), ' ');
    for (const Column& c : columns) {
      const std::string value = format_number(c.format.c_str(), c.value(m));
      const size_t wide = std::max<size_t>(10, c.head.size());
      text += "  " + std::string(wide - std::min(wide, value.size()), ' ') + value;
    }
    text += "\n";
  }
  return text;
}

std::string ranked_csv(const Options& options, const std::vector<RankedModel>& models) {
  std::string text = "model,arithmetic";
  const std::vector<Column> columns = columns_of(options);
  for (const Column& c : columns) text += "," + csv_field(c.head);
  text += "\n";
  for (const RankedModel& m : models) {
    text += csv_field(m.name) + "," + m.about.arithmetic;
    for (const Column& c : columns) text += "," + format_number("%.9g", c.value(m));
    text += "\n";
  }
  return text;
}

Json ranked_json(const Options& options, const RankedModel& model) {
  Json json = {{"model", model.name},
               {"arithmetic", model.about.arithmetic},
               {"fingerprint", hexadecimal(model.about.fingerprint, 16)},
               {"parameters", model.about.parameters},
               {"weight_bytes", model.about.weight_bytes}};
  if (model.protocol) {
    json["protocol"] = protocol_name(*options.measure.protocol);
    json.update(json_of(*model.protocol));
    json["ratio"] = model.protocol->ratio();
    json["bits_per_byte"] = model.protocol->bits_per_byte();
    json["bits_per_character"] = model.protocol->bits_per_character();
  }
  if (model.tasks) json["tasks"] = json_of(*model.tasks);
  return json;
}

}  // namespace llmz
