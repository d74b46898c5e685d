// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/byte_pairs.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "tokenizer/gpt2_words.h"
#include "tokenizer/word_cache.h"
#include "tokenizer/words.h"

namespace llmz {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

uint64_t pair_key(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }

[[noreturn]] void bad(const std::string& message) {
  throw Error(ErrorKind::kModelBad, "merges: " + message);
}

}  // namespace

BytePairs::BytePairs(const std::array<uint32_t, 256>& byte_tokens, const std::vector<Merge>& merges)
    : byte_tokens_(byte_tokens) {
  joined_.reserve(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& m = merges[rank];
    joined_[pair_key(m.left, m.right)] = {static_cast<uint32_t>(rank), m.token};
  }
}

const BytePairs::Joined* BytePairs::find(uint32_t left, uint32_t right) const {
  const auto found = joined_.find(pair_key(left, right));
  return found == joined_.end() ? nullptr : &found->second;
}

// A word as a linked list of tokens, and the pairs that can be joined in a heap. The original joins
// all places of the pair of the lowest rank, left to right, then looks for pairs anew. Here the
// heap gives the places in that order, and pairs that appear meanwhile wait until it has given all
// places of the rank; so the result is the same for every list of merges, also for one in which
// a token is used before the merge that makes it.
class BytePairs::Joining {
 public:
  Joining(const BytePairs& pairs, ByteView word) : pairs_(pairs), nodes_(word.size) {
    for (uint32_t at = 0; at < nodes_.size(); ++at) {
      nodes_[at] = {pairs.byte_tokens_[word[at]], at - 1, at + 1};
    }
    nodes_.front().previous = nodes_.back().next = kNone;
    for (uint32_t at = 0; at + 1 < nodes_.size(); ++at) look_at(at);
  }

  void run() {
    for (;;) {
      for (uint64_t place : waiting_) heap_.push(place);
      waiting_.clear();
      if (heap_.empty()) return;
      const uint32_t rank = rank_of(heap_.top());
      while (!heap_.empty() && rank_of(heap_.top()) == rank) {
        const uint32_t at = static_cast<uint32_t>(heap_.top());
        heap_.pop();
        join(at, rank);
      }
    }
  }

  void append_to(std::vector<uint32_t>& tokens) const {
    for (uint32_t at = 0; at != kNone; at = nodes_[at].next) tokens.push_back(nodes_[at].token);
  }

 private:
  struct Node {
    uint32_t token;  // kNone: joined to the one before
    uint32_t previous, next;
  };

  static uint32_t rank_of(uint64_t place) { return static_cast<uint32_t>(place >> 32); }

  const Joined* pair_at(uint32_t at) const {
    const Node& node = nodes_[at];
    if (node.token == kNone || node.next == kNone) return nullptr;
    return pairs_.find(node.token, nodes_[node.next].token);
  }

  void look_at(uint32_t at) {
    if (const Joined* pair = pair_at(at)) waiting_.push_back(uint64_t{pair->rank} << 32 | at);
  }

  // Unless another joining has taken part of the pair away.
  void join(uint32_t at, uint32_t rank) {
    const Joined* pair = pair_at(at);
    if (pair == nullptr || pair->rank != rank) return;
    Node& left = nodes_[at];
    Node& right = nodes_[left.next];
    left.token = pair->token;
    left.next = right.next;
    right.token = kNone;
    if (left.next != kNone) nodes_[left.next].previous = at;
    if (left.previous != kNone) look_at(left.previous);
    look_at(at);
  }

  const BytePairs& pairs_;
  std::vector<Node> nodes_;
  std::vector<uint64_t> waiting_;  // rank in the upper half, place in the lower
  std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>> heap_;
};

void BytePairs::encode_word(ByteView word, std::vector<uint32_t>& tokens) const {
  if (word.size == 0) return;
  Joining joining(*this, word);
  joining.run();
  joining.append_to(tokens);
}

void BytePairs::encode(ByteView text, std::vector<uint32_t>& tokens, size_t max_word_bytes) const {
  WordCache cache;
  Gpt2Words words;
  const auto piece = [&](ByteView word) {
    if (cache.find(word, tokens)) return;
    const size_t first = tokens.size();
    encode_word(word, tokens);
    cache.insert(word, tokens.data() + first, tokens.size() - first);
  };
  while (text.size > 0) {
    const ByteView span = text.subview(0, well_formed_length(text));
    for (size_t at = 0; at < span.size;) {
      const size_t word_end = at + words.length(span, at);
      while (at < word_end) {
        const ByteView rest = span.subview(at, word_end - at);
        const size_t length = cut_length(rest, max_word_bytes);
        piece(rest.subview(0, length));
        at += length;
      }
    }
    text = text.subview(span.size, text.size - span.size);
    if (text.size > 0) {
      tokens.push_back(byte_tokens_[text[0]]);
      text = text.subview(1, text.size - 1);
    }
  }
}

std::string serialize_merges(const std::vector<Merge>& merges) {
  Bytes out(kMergesMagic.begin(), kMergesMagic.end());
  append_varint(out, merges.size());
  for (const Merge& merge : merges) {
    append_varint(out, merge.left);
    append_varint(out, merge.right);
  }
  return std::string(out.begin(), out.end());
}

std::vector<Merge> parse_merges(std::string_view serialized, const Vocabulary& vocabulary) {
  ByteReader reader{ByteView(serialized), ErrorKind::kModelBad};
  if (reader.take(kMergesMagic.size(), "the merges").text() != kMergesMagic) bad("no magic");
  const uint64_t count = reader.varint("the number of merges");
  // Two bytes at least for each: a wild number asks for no memory.
  if (count > reader.remaining() / 2) {
    bad(std::to_string(count) + " of them in " + std::to_string(reader.remaining()) + " bytes");
  }
  const auto token = [&] {
    const uint64_t id = reader.varint("a merge");
    if (id >= vocabulary.size()) {
      bad("token " + std::to_string(id) + " in a vocabulary of " +
          std::to_string(vocabulary.size()));
    }
    return static_cast<uint32_t>(id);
  };
  std::vector<Merge> merges;
  merges.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    Merge merge;
    merge.left = token();
    merge.right = token();
    const auto joined = vocabulary.find(std::string(vocabulary.bytes(merge.left)) +
                                        std::string(vocabulary.bytes(merge.right)));
    if (!joined) bad("number " + std::to_string(i) + " makes no token of the vocabulary");
    merge.token = *joined;
    merges.push_back(merge);
  }
  if (reader.remaining() != 0) bad(std::to_string(reader.remaining()) + " bytes too many");
  return merges;
}

}  // namespace llmz
