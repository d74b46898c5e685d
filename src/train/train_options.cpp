// SPDX-License-Identifier: Apache-2.0
#include "train/train_options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/processor.h"
#include "train/configs.h"

namespace llmz::train {
namespace {

namespace po = boost::program_options;

template <class T>
po::typed_value<T>* with_default(T& value) {
  std::ostringstream text;
  text << value;  // boost would show every digit of a double
  return po::value(&value)->default_value(value, text.str());
}

// In each of these a default is what the command holds when it is called.
using Add = po::options_description_easy_init;

void add_ends(Add& add, Command& c) {
  add("help,h", po::bool_switch(&c.help), "this text");
  add("output,o", po::value(&c.output), "the model file to write (NAME.llmzmodel)");
  add("name", po::value(&c.name), "the model's name (default: from the output)");
  add("config", with_default(c.config),
      "the shape: tiny, fast, default, best, deletang-200k, deletang-800k, deletang-3.2m; the "
      "options below replace single values of it");
  add("from", po::value(&c.from),
      "start from this model (name or file), its shape and its tokenizer, instead of random "
      "weights; the model file itself is not changed");
  add("for", po::value(&c.duration),
      "how long to train in all, the finish included: 90m, 2h, 45s (default: 1h, or --finish "
      "alone)");
  add("steps", po::value(&c.steps), "how many steps to train in all, instead of --for");
  add("tokens", po::value(&c.tokens), "how many tokens to train on in all, instead of --for");
  add("finish", with_default(c.finish),
      "the last part, in which the learning rates decay to zero and weights are rounded: a share "
      "of the whole, or a time as 40m with --for; 0: none, and no model, only the checkpoint");
  add("mixture", po::value(&c.mixture),
      "data mixture: a file with lines of SIZE PATH, how much to take of each text");
  add("tokenizer", po::value(&c.tokenizer),
      "a sentencepiece model to use instead of learning a vocabulary");
  add("vocabulary", po::value(&c.vocabulary),
      "tokens to learn, a multiple of 16; auto: the configuration's, or fewer where the text is "
      "small; bytes: the 256 bytes");
}

void add_shape(Add& add, TrainSettings& s) {
  ModelConfig& m = s.model;
  add("layers", with_default(m.layers), "layers");
  add("dim", with_default(m.dim), "width of the residual stream");
  add("heads", with_default(m.heads), "query heads");
  add("head-dim", with_default(m.head_dim), "dimensions of a head");
  add("hidden", with_default(m.hidden), "width of the feed-forward layer");
  add("window", with_default(m.window), "tokens that attention sees");
  add("pair-rows", with_default(m.pair_rows),
      "rows of the table of token pairs, a power of two; 0: no such table");
  add("value-every", with_default(m.value_every),
      "every Nth layer adds a table of tokens to its values; 0: none");
  add("sequence", with_default(s.sequence_tokens), "tokens of a training sequence");
  add("batch", with_default(s.batch_sequences), "sequences of a step");
}

void add_training(Add& add, Command& c) {
  TrainSettings& s = c.settings;
  add("muon-rate", with_default(s.optimizer.muon_rate), "learning rate of the matrices");
  add("adam-rate", with_default(s.optimizer.adam_rate), "learning rate of the tables");
  add("clip", with_default(s.optimizer.clip),
      "largest norm of the gradients, 0 for any (Muon and Adam normalize them anyway)");
  add("warmup", with_default(s.warmup_steps), "steps over which the learning rates rise");
  add("rounding-from", with_default(c.schedule.rounding_from),
      "share of the finish after which weights and activations are rounded as in inference");
  add("held-out", with_default(c.held_out), "share of the documents held out from training");
  add("device", with_default(c.run.device), "train on cpu or cuda");
  add("threads,T", po::value(&c.run.threads), "threads (default: one for each usable processor)");
  add("seed", with_default(s.seed), "seed of the initial weights and of the order of the text");
}

void add_files(Add& add, Command& c) {
  add("checkpoint", po::value(&c.run.checkpoint_path),
      "checkpoint file, resumed from if it exists (default: OUTPUT.checkpoint)");
  add("checkpoint-every", with_default(c.run.checkpoint_seconds), "seconds between checkpoints");
  add("report", with_default(c.run.report_seconds), "seconds between progress lines");
  add("log", po::value(&c.log), "append progress as JSON lines to this file");
  add("plot", po::value(&c.plot), "draw the curve to this .svg or .png with gnuplot");
  add("write-packs", po::value(&c.write_packs),
      "only tokenize: write PREFIX.tokenizer, PREFIX.settings, PREFIX.*.pack, "
      "PREFIX.held-out.txt and, with --from, PREFIX.start.safetensors");
  add("packs", po::value(&c.packs), "train on the packs of this PREFIX instead of text");
  add("export", po::bool_switch(&c.export_weights),
      "make the model file from a checkpoint or from weights, named in the place of texts: the "
      "parts of llmz-train-packs, or .safetensors of src/train/gpu");
}

void add_messages(Add& add, Command& c) {
  add("quiet,q", po::bool_switch(&c.quiet), "no progress lines");
  add("verbose,v", po::bool_switch(&c.verbose), "say what shape is trained, and for how long");
  add("json", po::bool_switch(&c.json), "print the result as one JSON object");
}

po::options_description options_of(Command& c) {
  po::options_description o("Options");
  Add add = o.add_options();
  add_ends(add, c);
  add_shape(add, c.settings);
  add_training(add, c);
  add_files(add, c);
  add_messages(add, c);
  return o;
}

double parse_duration(const std::string& option, const std::string& text) {
  size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  const std::string unit = text.substr(std::min(used, text.size()));
  const double factor = unit == "h"                   ? 3600
                        : unit == "m"                 ? 60
                        : unit.empty() || unit == "s" ? 1
                                                      : -1;
  if (value <= 0 || factor < 0)
    throw Error(ErrorKind::kUsage,
                "--" + option + " takes a time as 90m, 2h or 45s; found '" + text + "'");
  return value * factor;
}

// --finish as a share, or -1 where it is a time.
double finish_share(const std::string& text) {
  size_t used = 0;
  double share = -1;
  try {
    share = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  return used == text.size() && share >= 0 && share <= 1 ? share : -1;
}

void check_limit(const Command& c, const po::variables_map& values) {
  if (values.count("for") + values.count("steps") + values.count("tokens") > 1)
    throw Error(ErrorKind::kUsage, "give one of --for, --steps and --tokens");
  const bool in_steps = values.count("steps") + values.count("tokens") > 0;
  if (in_steps && c.steps == 0 && c.tokens == 0)
    throw Error(ErrorKind::kUsage, "--steps and --tokens begin at 1");
  if (in_steps && finish_share(c.finish) < 0)
    throw Error(
        ErrorKind::kUsage,
        "--finish is a share from 0 to 1 with --steps and --tokens; found '" + c.finish + "'");
}

// After the number of tokens of a step is known.
void set_schedule(Command& c) {
  Schedule& s = c.schedule;
  const double share = finish_share(c.finish);
  const uint64_t tokens_per_step = c.settings.sequence_tokens * c.settings.batch_sequences;
  const uint64_t steps =
      c.tokens > 0 ? (c.tokens + tokens_per_step - 1) / tokens_per_step : c.steps;
  if (steps > 0) {
    s.finish_steps = static_cast<uint64_t>(std::llround(share * static_cast<double>(steps)));
    s.flat_steps = steps - s.finish_steps;
    return;
  }
  const double finish = share < 0 ? parse_duration("finish", c.finish) : 0;
  const double all = !c.duration.empty() ? parse_duration("for", c.duration)
                     : share < 0         ? finish
                                         : 3600;
  s.finish_seconds = share < 0 ? finish : share * all;
  s.flat_seconds = std::max(0.0, all - s.finish_seconds);
}

void require(bool holds, const char* message) {
  if (!holds) throw Error(ErrorKind::kUsage, message);
}

// A model that is gone on from has all of these already.
void check_from(const Command& c, const po::variables_map& values) {
  if (c.from.empty()) return;
  require(!c.export_weights, "--export makes a model of a checkpoint: leave out --from");
  for (const char* name : {"config", "layers", "dim", "heads", "head-dim", "hidden", "window",
                           "vocabulary", "tokenizer"}) {
    if (values.count(name) && !values[name].defaulted())
      throw Error(ErrorKind::kUsage, std::string("--from takes the shape and the tokenizer of its "
                                                 "model: leave out --") +
                                         name);
  }
}

void check(Command& c) {
  TrainSettings& s = c.settings;
  require(!c.output.empty() || !c.write_packs.empty(),
          "no output file is named: -o NAME.llmzmodel");
  require(s.batch_sequences >= 2 && s.batch_sequences % 2 == 0, "--batch must be even");
  require(c.held_out >= 0 && c.held_out < 1, "--held-out is a share from 0 to below 1");
  require(c.run.device == "cpu" || c.run.device == "cuda", "--device is cpu or cuda");
  require(c.packs.empty() || (c.inputs.empty() && c.mixture.empty()),
          "--packs trains on packs alone: name no text and no --mixture");
  require(!c.packs.empty() || !c.inputs.empty() || !c.mixture.empty(),
          "no text to train on; name files or folders (llmz train --help)");
  if (c.name.empty()) c.name = std::filesystem::path(c.output).stem().string();
  if (c.run.checkpoint_path.empty()) c.run.checkpoint_path = c.output + ".checkpoint";
  if (!c.plot.empty() && c.log.empty()) c.log = c.output + ".log";
  if (c.run.threads == 0) c.run.threads = usable_processors();
}

po::variables_map parse(Command& c, const std::vector<std::string>& arguments) {
  po::options_description all = options_of(c);
  all.add_options()("input", po::value(&c.inputs));
  po::positional_options_description positional;
  positional.add("input", -1);
  po::variables_map values;
  po::store(po::command_line_parser(arguments).options(all).positional(positional).run(), values);
  po::notify(values);
  return values;
}

}  // namespace

const NamedConfig& find_config(const std::string& name) {
  std::string names;
  for (const NamedConfig& config : kConfigs) {
    if (config.name == name) return config;
    names += std::string(names.empty() ? "" : ", ") + config.name;
  }
  throw Error(ErrorKind::kUsage, "unknown configuration '" + name + "'; use one of " + names);
}

Command parse_command(const std::vector<std::string>& arguments) {
  try {
    Command first, c;  // the first pass finds the configuration, whose values are then the defaults
    first.run.threads = c.run.threads = 0;
    parse(first, arguments);
    if (first.help) return first;
    const NamedConfig& config = find_config(first.config);
    c.settings.model = config.model;
    c.settings.sequence_tokens = config.sequence_tokens;
    c.settings.batch_sequences = config.batch_sequences;
    const po::variables_map values = parse(c, arguments);
    check_from(c, values);
    c.sequence_given = !values["sequence"].defaulted();
    c.pairs_given = !values["pair-rows"].defaulted();
    c.values_given = !values["value-every"].defaulted();
    if (c.vocabulary.empty()) c.vocabulary = config.bytes ? "bytes" : "auto";
    check_limit(c, values);
    check(c);
    if (c.from.empty()) take_shape(c, c.settings.model);
    return c;
  } catch (const po::error& e) {
    throw Error(ErrorKind::kUsage, std::string(e.what()) + " (llmz train --help)");
  }
}

void take_shape(Command& c, const ModelConfig& model) {
  TrainSettings& s = c.settings;
  const ModelConfig asked = s.model;
  s.model = model;
  if (!c.from.empty()) {  // parts that begin at zero may join
    require(model.pair_rows == 0 || !c.pairs_given || asked.pair_rows == model.pair_rows,
            "--from: that model has a table of token pairs of another size");
    require(model.value_every == 0 || !c.values_given || asked.value_every == model.value_every,
            "--from: that model has value embeddings in other layers");
    if (c.pairs_given) s.model.pair_rows = asked.pair_rows;
    if (c.values_given) s.model.value_every = asked.value_every;
  }
  const uint64_t window = model.window;
  if (!c.from.empty() && !c.sequence_given && window > 0)
    s.sequence_tokens = (s.sequence_tokens + window - 1) / window * window;
  if (window == 0 || s.sequence_tokens == 0 || s.sequence_tokens % window != 0 ||
      s.sequence_tokens > 8192) {
    throw Error(ErrorKind::kUsage, "--sequence must be a multiple of the window, " +
                                       std::to_string(window) + ", and at most 8192; found " +
                                       std::to_string(s.sequence_tokens));
  }
  set_schedule(c);
}

std::string help_text() {
  Command c;
  c.run.threads = 0;
  std::ostringstream text;
  text << "Usage: llmz train [options] -o NAME.llmzmodel FILE|FOLDER|-...\n"
          "       llmz train --export -o NAME.llmzmodel --tokenizer FILE CHECKPOINT|WEIGHTS...\n\n"
          "Trains a tokenizer and a model on your own text.\n\n"
       << options_of(c);
  return text.str();
}

}  // namespace llmz::train
