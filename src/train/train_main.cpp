// SPDX-License-Identifier: Apache-2.0
// llmz train: text or token packs in, a model file out.
#include "train/train_main.h"

#include <boost/program_options.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "codec/session.h"
#include "codec/torch_library.h"
#include "train/prepare.h"
#include "train/settings.h"
#include "train/vocabulary.h"

namespace llmz::train {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

std::atomic<bool> g_stop{false};

constexpr char kSelfTestText[] =
    "The model reads this paragraph with its own arithmetic, one token after the other, and learns "
    "from it. If a processor, a compiler or "
    "a library adds two numbers differently, the hash of the tables differs: 0123456789, "
    "\"quotes\", (brackets) & <tags>;\n"
    "\tint main() { return 0; }\r\nÄ second line, not in ASCII: naïve café.\n";

struct Command {
  std::vector<std::string> inputs;
  std::string output, name, duration = "1h", tokenizer, packs, write_packs, log;
  double held_out = 0.01;
  uint32_t vocabulary = 4096;
  TrainSettings settings;
};

po::options_description options_of(Command& c) {
  TrainSettings& s = c.settings;
  ModelConfig& m = s.model;
  po::options_description o("Options");
  auto add = o.add_options();
  add("help,h", "this text");
  add("output,o", po::value(&c.output), "the model file to write (NAME.llmzmodel)");
  add("name", po::value(&c.name), "the model's name (default: from the output)");
  add("for", po::value(&c.duration)->default_value(c.duration),
      "how long to train: 90m, 2h, 45s; the learning rates follow it");
  add("tokenizer", po::value(&c.tokenizer),
      "a sentencepiece model to use instead of learning a vocabulary");
  add("vocabulary", po::value(&c.vocabulary)->default_value(c.vocabulary),
      "tokens to learn; a multiple of 16");
  add("layers", po::value(&m.layers)->default_value(m.layers), "layers");
  add("dim", po::value(&m.dim)->default_value(m.dim), "width of the residual stream");
  add("heads", po::value(&m.heads)->default_value(m.heads), "query heads");
  add("hidden", po::value(&m.hidden)->default_value(m.hidden), "width of the feed-forward layer");
  add("window", po::value(&m.window)->default_value(m.window), "tokens that attention sees");
  add("sequence", po::value(&s.sequence_tokens)->default_value(s.sequence_tokens),
      "tokens of a training sequence");
  add("batch", po::value(&s.batch_sequences)->default_value(s.batch_sequences),
      "sequences of a step");
  add("muon-rate", po::value(&s.optimizer.muon_rate)->default_value(s.optimizer.muon_rate),
      "learning rate of the matrices");
  add("adam-rate", po::value(&s.optimizer.adam_rate)->default_value(s.optimizer.adam_rate),
      "learning rate of the tables");
  add("decay-from", po::value(&s.decay_from)->default_value(s.decay_from),
      "share of the time after which the rates fall to zero");
  add("rounding-from", po::value(&s.rounding_from)->default_value(s.rounding_from),
      "share of the time after which weights and activations are rounded as inference does");
  add("held-out", po::value(&c.held_out)->default_value(c.held_out),
      "share of the documents never trained on");
  add("threads", po::value(&s.threads), "threads (default: one for each processor)");
  add("seed", po::value(&s.seed)->default_value(s.seed),
      "of the first weights and the order of the text");
  add("checkpoint", po::value(&s.checkpoint_path),
      "checkpoint file, resumed from if it exists (default: OUTPUT.checkpoint)");
  add("report", po::value(&s.report_seconds)->default_value(s.report_seconds),
      "seconds between two lines of progress");
  add("log", po::value(&c.log), "append progress as JSON lines to this file");
  add("write-packs", po::value(&c.write_packs),
      "only tokenize: write PREFIX.tokenizer, PREFIX.train.pack, PREFIX.held-out.pack");
  add("packs", po::value(&c.packs), "train on the packs of this PREFIX instead of text");
  return o;
}

double parse_duration(const std::string& text) {
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
    throw Error(ErrorKind::kUsage, "--for takes a time as 90m, 2h or 45s; found '" + text + "'");
  return value * factor;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  if (!in.good() && !in.eof()) throw Error(ErrorKind::kIo, path + ": cannot be read");
  if (bytes.empty()) throw Error(ErrorKind::kIo, path + ": cannot be opened, or is empty");
  return bytes;
}

// Appears under its name only when it is complete.
void write_file(const std::string& path, ByteView bytes) {
  const std::string temporary = path + ".tmp";
  std::ofstream out(temporary, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data), static_cast<std::streamsize>(bytes.size));
  out.close();
  if (!out) {
    fs::remove(temporary);
    throw Error(ErrorKind::kIo, path + ": cannot be written");
  }
  fs::rename(temporary, path);
}

// The model file, its self-test computed.
Bytes export_model(const ExactModel& exact, const Tokenizer& tokenizer) {
  check_model(exact, exact.name);
  SelfTest self_test;
  self_test.text = kSelfTestText;
  Engine engine = make_cpu_engine(exact, 1);
  self_test.tables_hash = self_test_hash(exact, tokenizer, self_test.text, engine);
  return serialize_model(exact, tokenizer, self_test);
}

struct Data {
  std::string tokenizer;
  TokenPack training, held_out;
};

Data read_data(const Command& c) {
  Data data;
  if (!c.packs.empty()) {
    data.tokenizer = read_file(c.tokenizer.empty() ? c.packs + ".tokenizer" : c.tokenizer);
    data.training = TokenPack::read(c.packs + ".train.pack");
    data.held_out = TokenPack::read(c.packs + ".held-out.pack");
    return data;
  }
  if (c.inputs.empty())
    throw Error(ErrorKind::kUsage,
                "no text to train on; name files or folders (llmz train --help)");
  constexpr uint64_t kMaxHeldOutBytes = 4 << 20, kSampleBytes = 40 << 20;
  const Documents documents = read_documents(c.inputs, c.held_out, kMaxHeldOutBytes);
  std::fprintf(stderr, "%.1f MB in %zu documents to train on, %.2f MB in %zu held out\n",
               documents.training_bytes / 1e6, documents.training.size(),
               documents.held_out_bytes / 1e6, documents.held_out.size());
  if (c.tokenizer.empty()) {
    std::fprintf(stderr, "learning a vocabulary of %u tokens\n", c.vocabulary);
    VocabularyOptions options;
    options.vocabulary_size = c.vocabulary;
    options.threads = static_cast<int>(c.settings.threads);
    data.tokenizer = train_sentencepiece(vocabulary_sample(documents, kSampleBytes), options);
  } else {
    data.tokenizer = read_file(c.tokenizer);
  }
  const Tokenizer tokenizer(Vocabulary::from_sentencepiece(data.tokenizer), data.tokenizer);
  data.training = tokenize(documents.training, tokenizer);
  data.held_out = tokenize(documents.held_out, tokenizer);
  return data;
}

class Report {
 public:
  explicit Report(const std::string& log_path) {
    if (!log_path.empty()) log_.open(log_path, std::ios::app);
    if (!log_path.empty() && !log_) throw Error(ErrorKind::kIo, log_path + ": cannot be opened");
  }
  void operator()(const TrainProgress& p) {
    const double left = p.total_seconds - p.elapsed_seconds;
    char held_out[48] = "too little held-out text";
    if (std::isfinite(p.held_out_bits_per_byte)) {
      std::snprintf(held_out, sizeof held_out, "held-out %.4f bits/byte", p.held_out_bits_per_byte);
    }
    std::fprintf(stderr,
                 "step %lld  %.2fM tokens  %.3f bits/token  %s  %.0f tokens/s  %.0f min left\n",
                 static_cast<long long>(p.step), static_cast<double>(p.tokens) / 1e6,
                 p.loss_bits_per_token, held_out, p.tokens_per_second, left > 0 ? left / 60 : 0.0);
    if (!log_.is_open()) return;
    log_ << nlohmann::json{{"step", p.step},
                           {"elapsed_seconds", p.elapsed_seconds},
                           {"tokens", p.tokens},
                           {"loss_bits_per_token", p.loss_bits_per_token},
                           {"held_out_bits_per_byte", p.held_out_bits_per_byte},
                           {"tokens_per_second", p.tokens_per_second}}
         << std::endl;
  }

 private:
  std::ofstream log_;
};

void check(Command& c) {
  TrainSettings& s = c.settings;
  if (c.output.empty())
    throw Error(ErrorKind::kUsage, "where should the model go? -o NAME.llmzmodel");
  if (c.name.empty()) c.name = fs::path(c.output).stem().string();
  if (s.checkpoint_path.empty()) s.checkpoint_path = c.output + ".checkpoint";
  if (s.threads == 0) s.threads = std::max(1u, std::thread::hardware_concurrency());
  if (s.model.window == 0 || s.sequence_tokens % s.model.window != 0 || s.sequence_tokens > 8192) {
    throw Error(ErrorKind::kUsage, "--sequence must be a multiple of --window, and at most 8192");
  }
  if (s.batch_sequences < 2 || s.batch_sequences % 2 != 0)
    throw Error(ErrorKind::kUsage, "--batch must be even");
  s.seconds = parse_duration(c.duration);
}

int run(Command& c) {
  TrainSettings& s = c.settings;
  if (c.write_packs.empty()) check(c);
  if (s.threads == 0) s.threads = std::max(1u, std::thread::hardware_concurrency());
  const Data data = read_data(c);
  if (!c.write_packs.empty()) {
    write_file(c.write_packs + ".tokenizer", ByteView(data.tokenizer));
    data.training.write(c.write_packs + ".train.pack");
    data.held_out.write(c.write_packs + ".held-out.pack");
    return 0;
  }
  const Tokenizer tokenizer(Vocabulary::from_sentencepiece(data.tokenizer), data.tokenizer);
  s.model.vocabulary = tokenizer.vocabulary().size();
  check_config(s.model, "this network cannot be trained");  // not after hours of training
  if (data.training.token_bytes.size() != s.model.vocabulary) {
    throw Error(ErrorKind::kUsage, "the packs were made with another tokenizer");
  }
  std::fprintf(
      stderr, "%.1fM tokens to train on; %s%s\n",
      static_cast<double>(data.training.tokens.size()) / 1e6,
      fs::exists(s.checkpoint_path) ? "resuming from " : "checkpoint: ", s.checkpoint_path.c_str());
  Report report(c.log);
  ExactModel exact;
  exact.name = c.name;
  if (!torch_library().train(data.training, data.held_out, s, std::ref(report), g_stop, exact)) {
    std::fprintf(stderr, "stopped; the same command goes on from %s\n", s.checkpoint_path.c_str());
    return 1;
  }
  write_file(c.output, export_model(exact, tokenizer));
  std::fprintf(stderr, "%s written\n", c.output.c_str());
  return 0;
}

}  // namespace

int train_main(int argc, const char* const* argv) {
  Command c;
  c.settings.threads = 0;
  po::options_description visible = options_of(c), all;
  all.add(visible).add_options()("input", po::value(&c.inputs));
  po::positional_options_description positional;
  positional.add("input", -1);
  try {
    po::variables_map values;
    po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(),
              values);
    po::notify(values);
    if (values.count("help")) {
      std::ostringstream text;
      text << visible;
      std::printf(
          "Usage: llmz train [options] -o NAME.llmzmodel FILE|FOLDER...\n\nTrains a tokenizer and "
          "a model on your own text.\n\n%s",
          text.str().c_str());
      return 0;
    }
    std::signal(SIGINT, [](int) { g_stop = true; });
    std::signal(SIGTERM, [](int) { g_stop = true; });
    return run(c);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "llmz train: %s\n", e.what());
    return 1;
  }
}

}  // namespace llmz::train
