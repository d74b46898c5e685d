// SPDX-License-Identifier: Apache-2.0
#include "train/settings.h"

#include <cstring>
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
  visit("warmup-steps", s.warmup_steps);
  visit("seed", s.seed);
}

template <class S, class Visit>
void visit_schedule(S& s, Visit visit) {
  visit("flat-steps", s.flat_steps);
  visit("finish-steps", s.finish_steps);
  visit("flat-seconds", s.flat_seconds);
  visit("finish-seconds", s.finish_seconds);
  visit("rounding-from", s.rounding_from);
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

std::string to_text(const Schedule& schedule) {
  std::ostringstream text;
  text.precision(17);
  visit_schedule(
      schedule, [&](const char* name, const auto& value) { text << name << ' ' << value << '\n'; });
  return text.str();
}

Schedule parse_schedule(const std::string& text) {
  Schedule schedule;
  visit_schedule(schedule, [&](const char* name, auto& value) {
    const size_t at = text.find(std::string("\n") + name + ' ');
    std::istringstream in(at == std::string::npos ? "" : text.substr(at + 2 + std::strlen(name)));
    if (!(in >> value))
      throw Error(ErrorKind::kCorrupt,
                  std::string("settings of a training: no value of '") + name + "'");
  });
  return schedule;
}

}  // namespace llmz::train
