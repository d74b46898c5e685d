// SPDX-License-Identifier: Apache-2.0
// llmz estimate
#include <cmath>
#include <memory>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/plot.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "llmz_lab/window_scorer.h"

namespace llmz {
namespace {

double per(double value, uint64_t count) {
  return count == 0 ? 0.0 : value / static_cast<double>(count);
}

// What was found about one file, by whatever way.
struct Finding {
  std::string path;
  std::string model, arithmetic, context;
  Tally tally;
  bool has_positions = false;
  std::optional<uint64_t> file_bytes;
  double seconds = 0;
};

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

// The middle of each bucket against its rate.
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

Finding walk(const Options& options, const Models& models, Reporter& reporter,
             const std::string& path) {
  static const char* const kContexts[] = {"the whole text, frozen",
                                          "as compress without the mixer, adaptive", "as compress"};
  InputFile input(path);
  ProgressBar bar(options, input.size_bytes(), path);
  const Estimate e = estimate(input, models, options.compress, options.estimate_of, bar.callback());
  Finding found;
  found.path = path;
  found.model = options.compress.network ? models.find(options.compress.model).name : "no model";
  found.arithmetic = "exact integers";
  found.context = kContexts[static_cast<int>(options.estimate_of)];
  found.tally.content_bytes = e.content_bytes;
  found.tally.characters = e.characters;
  found.tally.tokens = e.tokens;
  found.tally.bits = e.bits;
  if (options.estimate_of == EstimateOf::kFile) found.file_bytes = e.file_bytes;
  found.seconds = bar.seconds();
  reporter.warn_if_changed(input);
  return found;
}

DocumentsBy documents_of(const Options& options) {
  if (options.chunk_bytes > 0) return DocumentsBy::kChunk;
  return options.measure.documents.value_or(DocumentsBy::kFile);
}

std::string context_text(const Options& options, const Sliding& sliding) {
  static const char* const kNames[] = {"the whole text", "chunks", "lines",
                                       "paragraphs between blank lines", "texts between NULs"};
  const DocumentsBy by = documents_of(options);
  std::string text = kNames[static_cast<int>(by)];
  if (by == DocumentsBy::kChunk) text += " of " + std::to_string(options.chunk_bytes) + " bytes";
  return text + ", windows of " + std::to_string(sliding.window) + " tokens, stride " +
         std::to_string(sliding.stride);
}

Finding windows(const Options& options, MeasuredModel& model, Reporter& reporter,
                const std::string& path) {
  const Sliding sliding =
      sliding_for(model, options.measure.window_tokens, options.measure.stride_tokens);
  InputFile input(path);
  ProgressBar bar(options, input.size_bytes(), path);
  WindowScorer scorer(model, sliding, model.start_token, bar.callback());
  for_each_document(input, documents_of(options), options.chunk_bytes,
                    [&](ByteView document) { scorer.text(document); });
  scorer.finish();
  Finding found;
  found.path = path;
  found.model = model.model->description().name;
  found.arithmetic = model.model->description().arithmetic;
  found.context = context_text(options, sliding);
  found.tally = scorer.tally();
  found.has_positions = options.measure.positions;
  found.seconds = bar.seconds();
  reporter.warn_if_changed(input);
  return found;
}

// llmz's own models walk through a text as compress does, unless something else is asked for.
bool wants_windows(const Options& options) {
  const MeasureOptions& measure = options.measure;
  return measure.as_float || measure.documents || measure.window_tokens > 0 ||
         measure.stride_tokens > 0 || measure.positions || options.plot ||
         options.chunk_bytes > 0 || is_hugging_face_directory(options.compress.model);
}

void refuse_walking_options(const Options& options) {
  if (options.estimate_of == EstimateOf::kFrozenNetwork) return;
  throw Error(
      ErrorKind::kUsage,
      "-1, --adaptive and --as-compressed measure as compress codes: without windows, chunks, "
      "documents, positions or floating point");
}

}  // namespace

void run_estimate(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  std::unique_ptr<MeasuredModel> model;
  std::unique_ptr<PlotFile> plot;
  if (wants_windows(options)) {
    refuse_walking_options(options);
    if (options.plot) plot = std::make_unique<PlotFile>(options);
    model = std::make_unique<MeasuredModel>(open_measured_model(
        options.compress.model, models, options.compress.engine, options.measure.as_float));
  }
  std::vector<Finding> all;
  reporter.for_each_file(options, [&](const std::string& path) {
    const Finding found =
        model ? windows(options, *model, reporter, path) : walk(options, models, reporter, path);
    reporter.result(json_of(found));
    if (!options.json) print(text_of(found));
    all.push_back(found);
  });
  if (plot && all.size() == options.files.size()) plot->draw(plot_of(all));
}

}  // namespace llmz
