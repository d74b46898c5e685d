// SPDX-License-Identifier: Apache-2.0
#include "float/float_model.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/freed_memory.h"
#include "exact/torch_device.h"
#include "float/body.h"
#include "float/cpu_products.h"

namespace llmz {
namespace floating {
namespace {

constexpr size_t kBatchFloats = 64 << 20;  // of activations at a time
constexpr size_t kLogitFloats = 8 << 20;   // of logits at a time
constexpr size_t kMinRows = 256;           // of a batch

// Part of a window: a sequence, and which of its rows are scored against which tokens.
struct Piece {
  Sequence sequence;
  size_t first_row = 0;               // scored are the rows from here to the last
  const uint32_t* targets = nullptr;  // of these rows
  float* bits = nullptr;              // likewise
  Guesses* guesses = nullptr;         // likewise, if they are wanted
};

class FloatModel : public LanguageModel {
 public:
  FloatModel(std::unique_ptr<Body> body, Description description)
      : body_(std::move(body)),
        description_(std::move(description)),
        batch_rows_(std::max(kMinRows, kBatchFloats / body_->floats_per_row())) {}

  const Description& description() const override { return description_; }

  void bits(const std::vector<Window>& windows, std::vector<float>& bits,
            std::vector<Guesses>* guesses) override {
    const c10::InferenceMode no_gradient;
    size_t scored = 0;
    for (const Window& w : windows) {
      check(w.tokens, w.count);
      if (w.first_scored < 1)
        throw Error(ErrorKind::kUsage, "the first token of a window cannot be scored");
      scored += scored_count(w);
    }
    std::vector<float> result(scored);
    std::vector<Guesses> expected(guesses ? scored : 0);
    float* out = result.data();
    std::vector<Piece> batch;
    size_t rows = 0;
    for (const Window& w : windows) {
      for (Piece& piece : cut(w, out)) {
        if (guesses) piece.guesses = expected.data() + (piece.bits - result.data());
        if (!batch.empty() && rows + piece.sequence.count > batch_rows_) {
          score(batch);
          batch.clear();
          rows = 0;
        }
        batch.push_back(piece);
        rows += piece.sequence.count;
      }
      out += scored_count(w);
    }
    if (!batch.empty()) score(batch);
    bits.insert(bits.end(), result.begin(), result.end());
    if (guesses) guesses->insert(guesses->end(), expected.begin(), expected.end());
  }

  void next(const uint32_t* tokens, size_t count, std::vector<float>& log_probabilities) override {
    const c10::InferenceMode no_gradient;
    check(tokens, count);
    if (count == 0) throw Error(ErrorKind::kUsage, "a model needs a token to begin with");
    const Tensor hidden = body_->hidden({part(tokens, count - 1, count)});
    const Tensor logits = product(hidden.slice(0, -1), body_->head());
    const Tensor result = log_softmax(logits).to(at::kCPU).contiguous();
    const float* p = result.data_ptr<float>();
    log_probabilities.assign(p, p + result.numel());
    for (float value : log_probabilities)
      if (std::isnan(value)) throw_not_a_number();
  }

 private:
  static size_t scored_count(const Window& w) {
    return w.count - std::min(w.count, w.first_scored);
  }

  void check(const uint32_t* tokens, size_t count) const {
    const Description& d = description_;
    if (d.max_context > 0 && count > d.max_context) {
      throw Error(ErrorKind::kUsage, "a window of " + std::to_string(count) + " tokens; " + d.name +
                                         " reads at most " + std::to_string(d.max_context));
    }
    for (size_t i = 0; i < count; ++i) {
      if (tokens[i] >= d.vocabulary) {
        throw Error(ErrorKind::kUsage, "token " + std::to_string(tokens[i]) +
                                           " is not in the vocabulary of " + d.name +
                                           ", which has " + std::to_string(d.vocabulary));
      }
    }
  }

  // The sequence that gives rows first .. end - 1 of a window.
  Sequence part(const uint32_t* tokens, size_t first, size_t end) const {
    const size_t reach = body_->reach();
    const size_t begin = reach == 0 ? 0 : first - std::min(first, reach);
    return {tokens + begin, end - begin, begin == 0 ? 0 : tokens[begin - 1]};
  }

  // Row i predicts token i + 1. Where rows reach back a limited way, long windows come in several
  // pieces of batch_rows_ scored rows, each after as many rows as it depends on.
  std::vector<Piece> cut(const Window& w, float* out) const {
    std::vector<Piece> pieces;
    if (w.count <= w.first_scored) return pieces;
    const size_t last = w.count - 1, step = body_->reach() == 0 ? last : batch_rows_;
    for (size_t first = w.first_scored - 1; first < last;) {
      const size_t end = std::min(last, first + step);
      const Sequence sequence = part(w.tokens, first, end);
      pieces.push_back({sequence, sequence.count - (end - first), w.tokens + first + 1, out});
      out += end - first;
      first = end;
    }
    return pieces;
  }

  void score(const std::vector<Piece>& batch) const {
    std::vector<Sequence> sequences;
    for (const Piece& p : batch) sequences.push_back(p.sequence);
    const Tensor hidden = body_->hidden(sequences), head = body_->head().get();
    const size_t slice = std::max<size_t>(16, kLogitFloats / description_.vocabulary);
    size_t begin = 0;  // row of the piece's first
    for (const Piece& p : batch) {
      for (size_t row = p.first_row; row < p.sequence.count; row += slice) {
        const size_t end = std::min(p.sequence.count, row + slice);
        const auto rows =
            hidden.slice(0, static_cast<int64_t>(begin + row), static_cast<int64_t>(begin + end));
        const size_t done = row - p.first_row;
        score_rows(rows, head, p.targets + done, p.bits + done,
                   p.guesses ? p.guesses + done : nullptr);
      }
      begin += p.sequence.count;
    }
  }

  void score_rows(const Tensor& hidden, const Tensor& head, const uint32_t* targets, float* bits,
                  Guesses* guesses) const {
    const int64_t rows = hidden.size(0);
    const Tensor logits = product(hidden, head, body_->head().transposed(), {});
    const Tensor log_probabilities = log_softmax(logits);
    const Tensor target =
        at::tensor(std::vector<int64_t>(targets, targets + rows), at::kLong).to(logits.device());
    const Tensor nats = log_probabilities.gather(1, target.unsqueeze(1)).squeeze(1);
    const Tensor result = (nats / -std::log(2.0)).to(at::kCPU).contiguous();
    std::copy_n(result.data_ptr<float>(), rows, bits);
    for (int64_t i = 0; i < rows; ++i)
      if (!std::isfinite(bits[i])) throw_not_a_number();
    if (guesses) take_best(log_probabilities, guesses);
  }

  // Of logits that nobody needs afterwards.
  static Tensor log_softmax(const Tensor& logits) {
    if (!logits.is_cpu()) return at::log_softmax(logits, -1);
    cpu_log_softmax(logits);
    return logits;
  }

  static void take_best(const Tensor& log_probabilities, Guesses* guesses) {
    const int64_t most =
        std::min<int64_t>(log_probabilities.size(1), std::tuple_size<Guesses>::value);
    const auto best = at::topk(log_probabilities, most);
    const Tensor chances = std::get<0>(best).exp().to(at::kCPU, at::kFloat).contiguous();
    const Tensor tokens = std::get<1>(best).to(at::kCPU).contiguous();
    for (int64_t i = 0; i < chances.numel(); ++i)
      guesses[i / most][static_cast<size_t>(i % most)] = {
          static_cast<uint32_t>(tokens.data_ptr<int64_t>()[i]), chances.data_ptr<float>()[i]};
  }

  [[noreturn]] void throw_not_a_number() const {
    throw Error(ErrorKind::kModelBad,
                description_.name + " gives infinite or undefined probabilities in " +
                    description_.arithmetic + "; its weights are damaged, or float32 helps");
  }

  const std::unique_ptr<Body> body_;
  const Description description_;
  const size_t batch_rows_;
};

at::ScalarType parse_precision(const FloatSettings& settings) {
  if (settings.precision == "float32") return at::kFloat;
  if (settings.precision == "bfloat16") return at::kBFloat16;
  if (settings.precision != "float16") {
    throw Error(ErrorKind::kUsage,
                "the precision '" + settings.precision + "' is none of float32, bfloat16, float16");
  }
  if (settings.device == "cpu") {
    throw Error(ErrorKind::kUsage,
                "float16 products need a GPU; weights in float16 are read in any precision, take "
                "float32 or bfloat16");
  }
  return at::kHalf;
}

Target make_target(const FloatSettings& settings) {
  at::set_num_threads(static_cast<int>(std::max(1u, settings.threads)));
  keep_freed_memory();
  const Target target{parse_device(settings.device), parse_precision(settings),
                      std::make_shared<uint64_t>(settings.max_copies_bytes)};
  try {
    product(at::zeros({1, 1}, target.device), Weight(at::zeros({1, 1}), target));
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kUsage, settings.precision + " products do not work on this machine (" +
                                       error.what() + "); float32 does");
  }
  return target;
}

}  // namespace
}  // namespace floating

std::unique_ptr<LanguageModel> make_float_model(const hf::Checkpoint& checkpoint,
                                                const FloatSettings& settings) {
  const c10::InferenceMode no_gradient;
  const floating::Target target = floating::make_target(settings);
  const auto folder = std::filesystem::absolute(checkpoint.path()).lexically_normal();
  LanguageModel::Description d;
  d.name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  d.arithmetic = settings.precision;
  d.fingerprint = checkpoint.fingerprint();
  d.parameters = checkpoint.parameters();
  d.weight_bytes = checkpoint.weight_bytes();
  d.vocabulary = checkpoint.config().vocabulary;
  d.max_context = checkpoint.config().max_positions;
  return std::make_unique<floating::FloatModel>(floating::make_hf_body(checkpoint, target),
                                                std::move(d));
}

std::unique_ptr<LanguageModel> make_float_model(const ExactModel& model, uint64_t fingerprint,
                                                const FloatSettings& settings) {
  if (model.imported) {
    throw Error(ErrorKind::kUsage, "the model '" + model.name +
                                       "' was imported: its checkpoint is its form in floating "
                                       "point");
  }
  const c10::InferenceMode no_gradient;
  const floating::Target target = floating::make_target(settings);
  LanguageModel::Description d;
  d.name = model.name;
  d.arithmetic = settings.precision;
  d.fingerprint = fingerprint;
  const auto add = [&](const IntegerMatrix& m) {
    d.parameters += m.weight.size();
    d.weight_bytes += m.weight.size() + sizeof(int32_t) * m.multiplier.size();
  };
  for (const IntegerMatrix* m : {&model.embedding, &model.previous, &model.head}) add(*m);
  for (const ExactLayer& l : model.layers)
    for (const IntegerMatrix* m : {&l.query, &l.key, &l.value, &l.output, &l.up, &l.down}) add(*m);
  d.vocabulary = model.config.vocabulary;
  return std::make_unique<floating::FloatModel>(floating::make_exact_body(model, target),
                                                std::move(d));
}

}  // namespace llmz
