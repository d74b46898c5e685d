// SPDX-License-Identifier: Apache-2.0
// A model and what its engine must give, in a file that a machine with nothing but libtorch reads:
// the integers of ExactModel one after the other, then a hash of the frequencies of each step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "exact/engine.h"

namespace llmz::gpu {

// One of the two directions: visit() calls it with each field.
class Writer {
 public:
  explicit Writer(const std::string& path) : out_(path, std::ios::binary) {}
  template <class T>
  void number(T& v) {
    out_.write(reinterpret_cast<const char*>(&v), sizeof v);
  }
  template <class T>
  void list(std::vector<T>& v) {
    uint64_t count = v.size();
    number(count);
    out_.write(reinterpret_cast<const char*>(v.data()),
               static_cast<std::streamsize>(count * sizeof(T)));
  }
  bool good() { return out_.flush().good(); }

 private:
  std::ofstream out_;
};

class Reader {
 public:
  explicit Reader(const std::string& path) : in_(path, std::ios::binary) {}
  template <class T>
  void number(T& v) {
    in_.read(reinterpret_cast<char*>(&v), sizeof v);
    require();
  }
  template <class T>
  void list(std::vector<T>& v) {
    uint64_t count = 0;
    number(count);
    if (count > (uint64_t{1} << 32)) throw Error(ErrorKind::kUsage, "not a case of bench/gpu");
    v.resize(count);
    in_.read(reinterpret_cast<char*>(v.data()), static_cast<std::streamsize>(count * sizeof(T)));
    require();
  }

 private:
  void require() const {
    if (!in_) throw Error(ErrorKind::kUsage, "the case is missing or cut off");
  }
  std::ifstream in_;
};

template <class File>
void visit(File& file, IntegerMatrix& m) {
  for (uint32_t* v : {&m.rows, &m.columns, &m.shift}) file.number(*v);
  file.list(m.weight);
  file.list(m.multiplier);
}

// llmz's own models.
template <class File>
void visit(File& file, ExactModel& m) {
  ModelConfig& c = m.config;
  for (uint32_t* v : {&c.vocabulary, &c.dim, &c.layers, &c.heads, &c.head_dim, &c.hidden, &c.window,
                      &c.pair_rows, &c.value_every})
    file.number(*v);
  for (IntegerMatrix* matrix : {&m.embedding, &m.previous, &m.head, &m.pairs}) visit(file, *matrix);
  m.layers.resize(c.layers);
  for (ExactLayer& l : m.layers) {
    for (IntegerMatrix* matrix :
         {&l.query, &l.key, &l.value, &l.output, &l.up, &l.down, &l.value_embedding})
      visit(file, *matrix);
    file.number(l.scalars);
    file.list(l.attention_multiplier);
  }
  file.list(m.rotary_frequency);
  file.list(m.sine);
  file.number(m.learning);
}

// FNV-1a over 32-bit words.
inline uint64_t hash_of(const std::vector<uint32_t>& words) {
  uint64_t hash = 14695981039346656037u;
  for (const uint32_t word : words) hash = (hash ^ word) * 1099511628211u;
  return hash;
}

// One or several tokens for all or some of the lanes.
struct Step {
  std::vector<std::vector<uint32_t>> tokens;
  std::vector<LaneTokens> run;

  template <class Below>
  Step(uint32_t lanes, size_t count, size_t vocabulary, const Below& below) {
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      if (lane > 0 && below(4) == 0) continue;
      tokens.emplace_back(count > 0 ? count : 1 + below(3));
      for (uint32_t& token : tokens.back()) token = static_cast<uint32_t>(below(vocabulary));
      run.push_back({lane, tokens.back().data(), tokens.back().size()});
    }
  }
};

// The hidden vectors behind the last token of each lane.
inline std::vector<int8_t> last_hidden(Engine& engine, const std::vector<LaneTokens>& run,
                                       size_t dim) {
  size_t rows = 0;
  for (const LaneTokens& part : run) rows += part.count;
  std::vector<int8_t> hidden(rows * dim), last;
  engine.body->advance(run, hidden.data());
  const int8_t* end = hidden.data();
  for (const LaneTokens& part : run) {
    end += part.count * dim;
    last.insert(last.end(), end - dim, end);
  }
  return last;
}

// Whole windows and some tokens in any number of lanes, learning and frozen, forked, kept and
// resumed. Gives a hash of the frequencies of each step, from which the head learns.
inline std::vector<uint64_t> hashes_of_steps(Engine& engine, const ExactModel& model) {
  constexpr size_t kSteps = 6;
  const size_t vocabulary = model.config.vocabulary;
  std::mt19937 random(7);
  const auto below = [&](size_t n) { return random() % n; };
  std::vector<uint64_t> hashes;
  std::unique_ptr<KeptState> kept;
  engine.body->reset();
  for (const uint32_t lanes : {1u, 2u, 5u, 16u, 3u, 64u}) {
    if (lanes == 3) engine.body->resume(*kept);
    engine.body->fork(0, lanes);
    engine.head->reset(lanes == 5 ? 0 : model.learning.rate);
    for (size_t i = 0; i < kSteps; ++i) {
      const Step step(lanes, i == 0 ? Body::kMaxTokensPerLane : 0, vocabulary, below);
      const size_t rows = step.run.size();
      const std::vector<int8_t> hidden = last_hidden(engine, step.run, model.config.dim);
      std::vector<uint32_t> next(rows), frequencies(rows * vocabulary);
      for (uint32_t& token : next) token = static_cast<uint32_t>(below(vocabulary));
      engine.head->frequencies(hidden.data(), rows, frequencies.data());
      hashes.push_back(hash_of(frequencies));
      engine.head->learn(hidden.data(), frequencies.data(), next.data(), rows);
    }
    if (lanes == 5) kept = engine.body->keep(4);
  }
  return hashes;
}

}  // namespace llmz::gpu
