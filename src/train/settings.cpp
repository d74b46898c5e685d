// SPDX-License-Identifier: Apache-2.0
#include "train/settings.h"

#include <cstdio>
#include <sstream>

#include "base/error.h"

namespace llmz::train {
namespace {

// The settings in the order of the text.
template <class Settings, class Visit>
void visit_settings(Settings& s, Visit visit) {
  visit("vocabulary", s.model.vocabulary);
  visit("dim", s.model.dim);
  visit("layers", s.model.layers);
  visit("heads", s.model.heads);
  visit("head-dim", s.model.head_dim);
  visit("hidden", s.model.hidden);
  visit("window", s.model.window);
  visit("pair-rows", s.model.pair_rows);
  visit("value-every", s.model.value_every);
  visit("muon-rate", s.optimizer.muon_rate);
  visit("adam-rate", s.optimizer.adam_rate);
  visit("momentum", s.optimizer.momentum);
  visit("weight-decay", s.optimizer.weight_decay);
  visit("clip", s.optimizer.clip);
  visit("sequence", s.sequence_tokens);
  visit("batch", s.batch_sequences);
  visit("steps", s.steps);
  visit("seconds", s.seconds);
  visit("warmup-steps", s.warmup_steps);
  visit("decay-from", s.decay_from);
  visit("rounding-from", s.rounding_from);
  visit("seed", s.seed);
}

}  // namespace

std::string to_text(const TrainSettings& settings) {
  std::ostringstream text;
  text.precision(17);
  visit_settings(
      settings, [&](const char* name, const auto& value) { text << name << ' ' << value << '\n'; });
  if (settings.from != 0) text << "from " << settings.from << '\n';
  return text.str();
}

TrainSettings parse_settings(const std::string& text) {
  std::istringstream in(text);
  TrainSettings settings;
  visit_settings(settings, [&](const char* name, auto& value) {
    std::string found;
    if (!(in >> found >> value) || found != name)
      throw Error(ErrorKind::kCorrupt, std::string("settings of a training: expected '") + name +
                                           "', found '" + found + "'");
  });
  std::string found;
  if (in >> found && found == "from" && !(in >> settings.from))
    throw Error(ErrorKind::kCorrupt, "settings of a training: no fingerprint behind 'from'");
  return settings;
}

}  // namespace llmz::train
