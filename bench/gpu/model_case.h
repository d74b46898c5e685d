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
inline uint64_t hash_of(const std::vector<uint32_t>& words, size_t count) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < count; ++i) hash = (hash ^ words[i]) * 1099511628211u;
  return hash;
}

// Tokens for all or some of any number of lanes, one or several each, forks, what is kept and
// resumed; after each step the frequencies behind the last token of each lane, from which the head
// learns. Gives their hashes.
inline std::vector<uint64_t> hashes_of_steps(Engine& engine, const ExactModel& model) {
  constexpr size_t kSteps = 6;
  const size_t dim = model.config.dim, vocabulary = model.config.vocabulary;
  std::mt19937 random(7);
  const auto below = [&](size_t n) { return random() % n; };
  std::vector<uint64_t> hashes;
  std::vector<uint32_t> frequencies;
  std::unique_ptr<KeptState> body;
  engine.body->reset();
  for (const uint32_t lanes : {1u, 2u, 5u, 16u, 3u, 64u}) {
    if (lanes == 3) {
      engine.body->resume(*body);
    } else if (lanes > 1) {
      engine.body->fork(0, lanes);
    }
    if (lanes == 3) engine.body->fork(0, lanes);
    engine.head->reset(lanes == 5 ? 0 : model.learning.rate);
    for (size_t step = 0; step < kSteps; ++step) {
      std::vector<LaneTokens> run;
      std::vector<std::vector<uint32_t>> tokens;
      for (uint32_t lane = 0; lane < lanes; ++lane) {
        if (lane > 0 && below(4) == 0) continue;
        tokens.emplace_back(step == 0 ? Body::kMaxTokensPerLane : 1 + below(3));
        for (uint32_t& token : tokens.back()) token = static_cast<uint32_t>(below(vocabulary));
        run.push_back({lane, nullptr, tokens.back().size()});
      }
      size_t rows = 0;
      for (size_t i = 0; i < run.size(); ++i) {
        run[i].tokens = tokens[i].data();
        rows += run[i].count;
      }
      std::vector<int8_t> hidden(rows * dim), last(run.size() * dim);
      engine.body->advance(run, hidden.data());
      rows = 0;
      std::vector<uint32_t> next;
      for (size_t i = 0; i < run.size(); ++i) {
        rows += run[i].count;
        std::copy_n(hidden.data() + (rows - 1) * dim, dim, last.data() + i * dim);
        next.push_back(static_cast<uint32_t>(below(vocabulary)));
      }
      frequencies.resize(run.size() * vocabulary);
      engine.head->frequencies(last.data(), run.size(), frequencies.data());
      hashes.push_back(hash_of(frequencies, frequencies.size()));
      engine.head->learn(last.data(), frequencies.data(), next.data(), run.size());
    }
    if (lanes == 5) body = engine.body->keep(4);
  }
  return hashes;
}

}  // namespace llmz::gpu
