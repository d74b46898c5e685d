// SPDX-License-Identifier: Apache-2.0
// llmz train: text or token packs in, a model file out.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/printable.h"
#include "base/torch_library.h"
#include "base/whole_file.h"
#include "llmz/llmz.h"
#include "llmz_lab/training.h"
#include "model/model_file.h"
#include "train/model_export.h"
#include "train/plot.h"
#include "train/prepare.h"
#include "train/progress.h"
#include "train/torch_exports.h"
#include "train/train_options.h"
#include "train/vocabulary.h"

namespace llmz::train {
namespace {

namespace fs = std::filesystem;

std::atomic<bool> g_stop{false};
volatile std::sig_atomic_t g_stop_signal = 0;

// A second signal does not wait for the checkpoint; the one before is whole.
extern "C" void on_stop_signal(int number) {
  g_stop_signal = number;
  if (!g_stop.exchange(true)) return;
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void catch_stop_signals() {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(number, on_stop_signal) == SIG_IGN) std::signal(number, SIG_IGN);  // nohup
  }
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorKind::kIo, path + ": cannot be opened");
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  if (in.bad()) throw Error(ErrorKind::kIo, path + ": cannot be read");
  return bytes;
}

// A line to standard error, unless --quiet.
void note(const Command& c, const std::string& text) {
  if (!c.quiet) std::fprintf(stderr, "%s\n", printable(text).c_str());
}

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

struct Data {
  std::string tokenizer, held_out_text;
  TokenPack training, held_out;
};

uint32_t vocabulary_size(const Command& c, uint64_t text_bytes) {
  // Fewer, and a token's two rows of weights are hardly ever trained.
  constexpr uint64_t kMinBytesPerToken = 100, kGoodBytesPerToken = 1000;
  if (c.vocabulary == "auto") {
    uint32_t size = c.settings.model.vocabulary;
    while (size > 512 && size * kGoodBytesPerToken > text_bytes) size /= 2;
    return size;
  }
  size_t used = 0;
  unsigned long size = 0;
  try {
    size = std::stoul(c.vocabulary, &used);
  } catch (const std::exception&) {
  }
  if (used != c.vocabulary.size() || size < 256 || size > 65536 || size % 16 != 0) {
    throw Error(ErrorKind::kUsage,
                "--vocabulary is a multiple of 16 from 256 to 65536, auto or bytes; found '" +
                    c.vocabulary + "'");
  }
  if (size * kMinBytesPerToken > text_bytes) {
    throw Error(ErrorKind::kUsage, "a vocabulary of " + c.vocabulary + " tokens needs at least " +
                                       std::to_string(size * kMinBytesPerToken) +
                                       " bytes of text; there are " + std::to_string(text_bytes) +
                                       " (--vocabulary auto chooses)");
  }
  return static_cast<uint32_t>(size);
}

// The tokenizer that was learned before a training was interrupted lies beside its checkpoint.
std::string tokenizer_path(const Command& c) { return c.run.checkpoint_path + ".tokenizer"; }

std::string tokenizer_for(const Command& c, const LoadedModel* from, const Documents& documents) {
  if (from) return from->token_table.segmenter;
  if (!c.tokenizer.empty()) return read_file(c.tokenizer);
  if (c.byte_vocabulary()) return {};
  const bool resuming = c.write_packs.empty() && fs::exists(c.run.checkpoint_path);
  if (resuming && fs::exists(tokenizer_path(c))) return read_file(tokenizer_path(c));
  constexpr uint64_t kSampleBytes = 24 << 20;
  VocabularyOptions options;
  options.vocabulary_size = vocabulary_size(c, documents.training_bytes);
  options.threads = static_cast<int>(c.run.threads);
  note(c, "learning a vocabulary of " + std::to_string(options.vocabulary_size) + " tokens");
  return train_sentencepiece(vocabulary_sample(documents, kSampleBytes), options);
}

Data read_data(const Command& c, const LoadedModel* from) {
  Data data;
  if (!c.packs.empty()) {
    data.tokenizer = read_file(c.tokenizer.empty() ? c.packs + ".tokenizer" : c.tokenizer);
    if (from && data.tokenizer != from->token_table.segmenter)
      throw Error(ErrorKind::kUsage, "the packs were made with another tokenizer than that of " +
                                         c.from + "; make them with --from " + c.from);
    data.training = TokenPack::read_parts(c.packs + ".train");
    data.held_out = TokenPack::read_parts(c.packs + ".held-out");
    return data;
  }
  constexpr uint64_t kMaxHeldOutBytes = 4 << 20;
  std::vector<Source> sources;
  if (!c.mixture.empty()) sources = read_mixture(c.mixture);
  for (const std::string& input : c.inputs) sources.push_back({Source::kAll, input, false});
  const Documents documents =
      read_documents(sources, c.settings.seed, c.held_out, kMaxHeldOutBytes);
  note(c, number("%.1f MB in ", static_cast<double>(documents.training_bytes) / 1e6) +
              std::to_string(documents.training.size()) + " documents to train on, " +
              number("%.2f MB in ", static_cast<double>(documents.held_out_bytes) / 1e6) +
              std::to_string(documents.held_out.size()) + " held out");
  data.tokenizer = tokenizer_for(c, from, documents);
  const Tokenizer tokenizer = make_tokenizer(data.tokenizer);
  data.training = tokenize(documents.training, tokenizer);
  data.held_out = tokenize(documents.held_out, tokenizer);
  for (const std::string& document : documents.held_out)
    data.held_out_text.append(document).push_back('\0');
  return data;
}

void write_packs(const Command& c, const LoadedModel* from, const Data& data) {
  write_whole_file(c.write_packs + ".tokenizer", ByteView(data.tokenizer));
  write_whole_file(c.write_packs + ".settings",
                   ByteView(to_text(c.settings) + to_text(c.schedule)));
  write_whole_file(c.write_packs + ".held-out.txt", ByteView(data.held_out_text));
  data.training.write_parts(c.write_packs + ".train");
  data.held_out.write_parts(c.write_packs + ".held-out");
  const std::string start = c.write_packs + ".start.safetensors";
  if (from) {
    LLMZ_TORCH(llmz_write_start)(from->exact, c.settings, start);
  } else {
    fs::remove(start);  // of earlier packs of this name
  }
}

Training export_weights(const Command& c) {
  check_output(c.output);
  const Tokenizer tokenizer =
      make_tokenizer(!c.tokenizer.empty()  ? read_file(c.tokenizer)
                     : c.byte_vocabulary() ? std::string()
                                           : read_file(c.inputs.at(0) + ".tokenizer"));
  ExactModel exact;
  exact.name = c.name;
  LLMZ_TORCH(llmz_export_weights)(c.inputs, exact);
  if (tokenizer.vocabulary().size() != exact.config.vocabulary) {
    throw Error(ErrorKind::kUsage,
                "the weights are of a vocabulary of " + std::to_string(exact.config.vocabulary) +
                    " tokens, the tokenizer has " + std::to_string(tokenizer.vocabulary().size()));
  }
  write_model(exact, tokenizer, c.output);
  note(c, c.output + " written");
  Training done;
  done.model = c.output;
  return done;
}

// With -v.
std::string description(const Command& c, const Data& data) {
  const ModelConfig& m = c.settings.model;
  const Schedule& s = c.schedule;
  const auto of = [](const char* name, uint64_t value) {
    return std::string(name) + " " + std::to_string(value) + ", ";
  };
  return of("layers", m.layers) + of("width", m.dim) + of("heads", m.heads) +
         of("hidden", m.hidden) + of("window", m.window) + of("vocabulary", m.vocabulary) +
         of("sequence", c.settings.sequence_tokens) + of("batch", c.settings.batch_sequences) +
         of("held-out tokens", data.held_out.tokens.size()) + of("threads", c.run.threads) +
         (s.flat_steps + s.finish_steps > 0 ? std::to_string(s.flat_steps) + " steps and " +
                                                  std::to_string(s.finish_steps) + " of the finish"
                                            : number("%.0f s and ", s.flat_seconds) +
                                                  number("%.0f s of the finish", s.finish_seconds));
}

std::shared_ptr<const LoadedModel> load_start(Command& c) {
  if (c.from.empty()) return nullptr;
  const auto from = load_model(Models::installed().find(c.from).path);
  if (from->exact.imported)
    throw Error(
        ErrorKind::kUsage,
        c.from + " is an imported model; --from continues only models that llmz has trained");
  // What is trained has the vocabulary that is derived from the segmenter.
  const Tokenizer derived = make_tokenizer(from->token_table.segmenter);
  const Vocabulary &made = derived.vocabulary(), &own = from->token_table.vocabulary;
  bool same = made.size() == own.size();
  for (uint32_t id = 0; same && id < own.size(); ++id) same = made.bytes(id) == own.bytes(id);
  if (!same) {
    throw Error(ErrorKind::kUsage, c.from +
                                       ": its vocabulary is not what this version of "
                                       "sentencepiece makes of its tokenizer");
  }
  take_shape(c, from->exact.config);
  c.settings.from = from->fingerprint;
  return from;
}

// The data, and the tokenizer that is kept beside the checkpoint.
Data prepare(Command& c, const LoadedModel* from) {
  check_config(c.settings.model, "this network cannot be trained");  // not after hours of training
  Data data = read_data(c, from);
  c.settings.model.vocabulary = make_tokenizer(data.tokenizer).vocabulary().size();
  check_config(c.settings.model, "this network cannot be trained");  // a vocabulary that was given
  return data;
}

// Returns the signal that stopped it, 0 without one.
int train_network(const Command& c, const LoadedModel* from, const Data& data, ExactModel& exact,
                  Training& done) {
  const bool resuming = fs::exists(c.run.checkpoint_path);
  if (!resuming) write_whole_file(tokenizer_path(c), ByteView(data.tokenizer));
  if (c.verbose) note(c, description(c, data));
  note(c, number("%.1fM tokens to train on; ",
                 static_cast<double>(data.training.tokens.size()) / 1e6) +
              (resuming ? "resuming from " : "checkpoint: ") + c.run.checkpoint_path);
  Report report(c.log, c.quiet);
  catch_stop_signals();
  const bool whole =
      LLMZ_TORCH(llmz_train)(data.training, data.held_out, c.settings, c.schedule, c.run,
                             std::ref(report), g_stop, from ? &from->exact : nullptr, exact);
  const TrainProgress& last = report.last();
  done.checkpoint = c.run.checkpoint_path;
  done.steps = last.step;
  done.tokens = last.tokens;
  done.seconds = last.elapsed_seconds;
  done.held_out_bits_per_byte = last.held_out_bits_per_byte;
  return whole ? 0 : static_cast<int>(g_stop_signal);
}

Training run(Command& c) {
  if (c.export_weights) return export_weights(c);
  if (c.write_packs.empty()) check_output(c.output);
  if (!c.plot.empty()) check_plot(c.plot);
  // Not after minutes of reading that this llmz has no libtorch.
  if (c.write_packs.empty()) LLMZ_TORCH(llmz_train);
  const auto from = load_start(c);
  const Data data = prepare(c, from.get());
  Training done;
  if (!c.write_packs.empty()) {
    write_packs(c, from.get(), data);
    return done;
  }
  const Tokenizer tokenizer = make_tokenizer(data.tokenizer);
  if (data.training.token_bytes.size() != c.settings.model.vocabulary)
    throw Error(ErrorKind::kUsage, "the packs were made with another tokenizer");
  ExactModel exact;
  exact.name = c.name;
  done.stopped_by = train_network(c, from.get(), data, exact, done);
  if (done.stopped_by != 0) {
    note(c, "stopped; the same command continues from " + c.run.checkpoint_path);
    return done;
  }
  if (c.schedule.has_finish()) {
    write_model(exact, tokenizer, c.output);
    done.model = c.output;
    note(c, c.output + " written");
  } else {
    note(c, c.run.checkpoint_path + " holds the training; --finish makes a model of it");
  }
  if (!c.plot.empty()) draw_plot(c.log, c.plot);
  return done;
}

}  // namespace
}  // namespace llmz::train

namespace llmz {

Training train_model(const std::vector<std::string>& arguments) {
  try {
    train::Command c = train::parse_command(arguments);
    if (!c.help) return train::run(c);
    Training help;
    help.help = train::help_text();
    return help;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kOutOfMemory, "out of memory");
  } catch (const std::filesystem::filesystem_error& e) {
    throw Error(ErrorKind::kIo, e.what());
  } catch (const std::exception& e) {
    throw Error(ErrorKind::kInternal, e.what());
  }
}

}  // namespace llmz
