// SPDX-License-Identifier: Apache-2.0
#include "cli/estimate_finding.h"

#include <cmath>

#include "base/printable.h"
#include "cli/plot.h"
#include "cli/text.h"

namespace llmz {
namespace {

double per(double value, uint64_t count) {
  return count == 0 ? 0.0 : value / static_cast<double>(count);
}

Json positions_json(const PositionCurve& curve) {
  Json rows = Json::array();
  for (size_t i = 0; i < PositionCurve::kBuckets; ++i) {
    if (curve.bytes[i] == 0) continue;
    rows.push_back({{"from_byte", PositionCurve::begin(i)},
                    {"to_byte", PositionCurve::begin(i + 1)},
                    {"bytes", curve.bytes[i]},
                    {"bits_per_byte", per(curve.bits[i], curve.bytes[i])}});
  }
  return rows;
}

}  // namespace

Json json_of(const Finding& found) {
  const Tally& tally = found.tally;
  Json result = {
      {"file", found.path},
      {"model", found.model},
      {"arithmetic", found.arithmetic},
      {"context", found.context},
      {"content_bytes", tally.content_bytes},
      {"characters", tally.characters},
      {"tokens", tally.tokens},
      {"bits", tally.bits},
      {"bits_per_byte", per(tally.bits, tally.content_bytes)},
      {"bits_per_character", per(tally.bits, tally.characters)},
      {"bits_per_token", per(tally.bits, tally.tokens)},
      {"perplexity", std::exp2(per(tally.bits, tally.tokens))},
      {"ratio", tally.bits > 0 ? 8 * static_cast<double>(tally.content_bytes) / tally.bits : 0.0},
      {"seconds", found.seconds}};
  if (found.file_bytes) result["file_bytes"] = *found.file_bytes;
  if (found.has_positions) result["positions"] = positions_json(tally.curve);
  return result;
}

Json whole_json_of(const Finding& found) {
  const Tally& tally = found.tally;
  Json json = {{"texts", {found.path, found.model, found.arithmetic, found.context}},
               {"counts", {tally.content_bytes, tally.characters, tally.tokens, tally.sequences}},
               {"bits", tally.bits},
               {"curve", {tally.curve.bits, tally.curve.bytes}},
               {"has_positions", found.has_positions},
               {"seconds", found.seconds}};
  if (found.file_bytes) json["file_bytes"] = *found.file_bytes;
  return json;
}

Finding finding_from(const Json& json) {
  Finding found;
  const Json &texts = json.at("texts"), &counts = json.at("counts"), &curve = json.at("curve");
  found.path = texts[0];
  found.model = texts[1];
  found.arithmetic = texts[2];
  found.context = texts[3];
  found.tally.content_bytes = counts[0];
  found.tally.characters = counts[1];
  found.tally.tokens = counts[2];
  found.tally.sequences = counts[3];
  found.tally.bits = json.at("bits");
  curve[0].get_to(found.tally.curve.bits);
  curve[1].get_to(found.tally.curve.bytes);
  found.has_positions = json.at("has_positions");
  found.seconds = json.at("seconds");
  if (json.contains("file_bytes")) found.file_bytes = json.at("file_bytes").get<uint64_t>();
  return found;
}

std::string text_of(const Finding& found) {
  const Tally& tally = found.tally;
  std::string text = display_name(found.path) + ": " + std::to_string(tally.content_bytes) +
                     " bytes, " + std::to_string(tally.characters) + " characters, " +
                     std::to_string(tally.tokens) + " tokens\n  " + printable(found.model) + ", " +
                     found.arithmetic + ", " + found.context + "\n  " +
                     format_number("%.0f bytes", tally.bits / 8);
  text += format_number(", %.4f bits per byte", per(tally.bits, tally.content_bytes)) +
          format_number(", %.4f per character", per(tally.bits, tally.characters));
  if (tally.tokens > 0)
    text += format_number(", %.4f per token", per(tally.bits, tally.tokens)) +
            format_number(" (perplexity %.4g)", std::exp2(per(tally.bits, tally.tokens)));
  if (tally.bits > 0)
    text +=
        format_number(", ratio %.3f", 8 * static_cast<double>(tally.content_bytes) / tally.bits);
  text += "\n";
  if (found.file_bytes) text += "  a file of " + std::to_string(*found.file_bytes) + " bytes\n";
  if (!found.has_positions) return text;
  text += "  bytes from       to  bits/byte\n";
  for (size_t i = 0; i < PositionCurve::kBuckets; ++i) {
    if (tally.curve.bytes[i] == 0) continue;
    text += format_number("  %10.0f", static_cast<double>(PositionCurve::begin(i))) +
            format_number(" %8.0f", static_cast<double>(PositionCurve::begin(i + 1) - 1)) +
            format_number("  %9.4f\n", per(tally.curve.bits[i], tally.curve.bytes[i]));
  }
  return text;
}

std::string plot_of(const std::vector<Finding>& all) {
  std::string blocks, plots;
  for (size_t f = 0; f < all.size(); ++f) {
    const PositionCurve& curve = all[f].tally.curve;
    std::string points;
    for (size_t i = 0; i < PositionCurve::kBuckets; ++i) {
      if (curve.bytes[i] == 0) continue;
      const double middle =
          std::sqrt(static_cast<double>(PositionCurve::begin(i) + 1) *
                    static_cast<double>(std::max<uint64_t>(1, PositionCurve::begin(i + 1))));
      points += format_number("%.2f\t", middle) +
                format_number("%.6f\n", per(curve.bits[i], curve.bytes[i]));
    }
    const std::string block = "$data" + std::to_string(f);
    blocks += plot_block(block, points);
    plots += (f == 0 ? "" : ", ") + block + " using 1:2 with linespoints pt 7 ps 0.6 lw 2 title '" +
             plot_text(display_name(all[f].path) + ", " + all[f].model) + "'";
  }
  return std::string(kPlotData) + blocks +
         "set logscale x 2\nset xlabel 'position, bytes'\nset ylabel 'bits per byte'\nset grid\n"
         "set yrange [0:*]\nplot " +
         plots + "\n";
}

}  // namespace llmz
