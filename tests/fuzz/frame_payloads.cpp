// SPDX-License-Identifier: Apache-2.0
// Payloads that no encoder wrote, behind right checks, in frames of every layout: with every
// method, in every order, with every number of lanes and little or much memory.
#include "choices.h"
#include "container/fields.h"
#include "decode/frame_decoder.h"
#include "target.h"
#include "tests/tiny_llmz.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

// A byte takes a mix as long as ten take other methods.
constexpr uint64_t kMostContentBytes = 64, kMostMixedBytes = 6;

const Reference& reference() {
  static const Reference one(ByteView("the reference"));
  return one;
}

// Loaded once: what a frame's error throws away costs milliseconds.
Session& session() {
  static Session one = [] {
    Session s(test::threads(1));
    s.use(test::tiny_models().find("default"));
    return s;
  }();
  return one;
}

uint64_t fingerprint() { return session().model().fingerprint; }

// Of a round: what an encoder would have written, or what the input has.
struct Choice {
  uint64_t method = 0, content_size = 0;
  Bytes payload;
};

// Encodes beside the frame, as long as its rounds are true ones.
class Payloads {
 public:
  Payloads(Choices& in, const CoderSettings& coder, bool behind)
      : in_(in), encoder_(session(), coder, behind ? &ReferenceState::of(reference()) : nullptr) {}

  Choice next(RoundMethod method) {
    const uint8_t how = in_.byte();
    Choice round;
    round.method = static_cast<uint64_t>(method);
    const bool mixes = method == RoundMethod::kByteMix || method == RoundMethod::kTokenMix ||
                       mixes_bytes_richly(method) || mixes_tokens_richly(method);
    const ByteView bytes = in_.take(in_.below(24) + 1);
    // True ones let the next round begin where such a round leaves the coders.
    if (how % 4 == 0 && bytes.size > 0 && is_true_) {
      round.content_size = mixes ? std::min<uint64_t>(bytes.size, kMostMixedBytes) : bytes.size;
      uint64_t tokens = 0;
      round.payload = encoder_.encode(method, bytes.subview(0, round.content_size), tokens);
      return round;
    }
    is_true_ = false;
    round.payload = Bytes(bytes.begin(), bytes.end());
    round.content_size = method == RoundMethod::kStored ? bytes.size
                         : how % 8 == 1                 ? 1 + in_.number(2)
                                        : 1 + in_.below(mixes ? kMostMixedBytes : 32);
    return round;
  }

 private:
  Choices& in_;
  BlockEncoder encoder_;
  bool is_true_ = true;
};

void start(FieldWriter& out, FrameKind kind) {
  out.raw(ByteView(kFrameMagic, sizeof kFrameMagic));
  out.le(frame_tag(kind), 1, "version and kind");
}

CoderSettings implied(bool behind) {
  CoderSettings coder = coder_settings(CompressSettings{}, session().model().exact);
  coder.memory_bits = behind ? kDefaultMemoryBits : kSmallestMemoryBits;
  return coder;
}

Bytes single(Choices& in, FrameKind kind) {
  const Choice round = Payloads(in, implied(false), false).next(RoundMethod::kTokenMix);
  SingleFields f{fingerprint() & 0xffffffff, in.number(4), round.content_size, round.payload.size(),
                 0};
  f.payload_check = single_payload_check(f, round.payload);
  FieldWriter out;
  start(out, kind);
  visit_single(out, f, kind);
  out.raw(round.payload);
  return out.bytes();
}

Bytes single_with_reference(Choices& in) {
  const Choice round = Payloads(in, implied(true), true).next(RoundMethod::kTokenMix);
  SingleWithReferenceFields f{reference().check(fingerprint()) & kShortReferenceCheck, in.number(4),
                              round.content_size, round.payload.size()};
  FieldWriter out;
  start(out, FrameKind::kSingleWithReference);
  visit_single_with_reference(out, f);
  out.raw(round.payload);
  return out.bytes();
}

// A rich mix in one of 16 inputs: making one takes as long as ten other rounds, and the fuzzer
// would choose little else, because it tells apart more of what happens there.
bool is_rich = false;

RoundMethod method_of(Choices& in) {
  const size_t chosen = in.below(48);
  if (chosen % 8 == 7) return RoundMethod::kSamples;
  const auto method = static_cast<RoundMethod>(chosen < kMethods ? chosen : chosen % 5);
  if (method == RoundMethod::kReserved || (mixes_bytes_richly(method) && !is_rich))
    return RoundMethod::kByteMix;
  return method;
}

RoundMethod token_method_of(Choices& in) {
  const size_t chosen = in.below(48);
  if (chosen == 2 && is_rich) return RoundMethod::kRichTokenMix;
  if (chosen == 4 && is_rich) return RoundMethod::kSecondRichTokenMix;
  return chosen % 2 ? RoundMethod::kTokens : RoundMethod::kTokenMix;
}

Bytes plain(Choices& in, FrameKind kind) {
  const bool behind = kind == FrameKind::kPlainWithReference;
  const RoundMethod method = method_of(in);
  const RoundMethod without_model = needs_model(method) ? RoundMethod::kLzma2 : method;
  const Choice round = Payloads(in, implied(behind), behind).next(without_model);
  PlainFields f;
  f.reference_check = reference().check(0);
  f.content_check = in.number(4);
  f.round = {round.content_size, round.method, round.payload.size()};
  f.payload_check = plain_payload_check(f, round.payload);
  FieldWriter out;
  start(out, kind);
  visit_plain(out, f, kind);
  out.raw(round.payload);
  return out.bytes();
}

RoundsFields rounds_header(Choices& in) {
  RoundsFields f;
  f.flags = in.byte() & kKnownFlags & ~kFlagIndexFollows;
  const bool needs_model = (f.flags & kFlagNoModel) == 0;
  f.fingerprint_low = needs_model ? fingerprint() & 0xffffffff : 0;
  f.lanes = std::max<uint8_t>(1, in.byte());
  // Mostly little, which is faster to make.
  const size_t memory = in.below(64);
  f.memory_bits = memory < 13 ? kSmallestMemoryBits + memory : kSmallestMemoryBits;
  f.head_rate_code = in.byte();
  f.content_size = in.number(2);
  f.reference_check = reference().check(needs_model ? fingerprint() : 0);
  return f;
}

Bytes rounds(Choices& in) {
  RoundsFields f = rounds_header(in);
  const CoderSettings coder{static_cast<uint8_t>(f.lanes), (f.flags & kFlagHeadLearning) != 0,
                            static_cast<uint8_t>(f.head_rate_code),
                            static_cast<uint8_t>(f.memory_bits)};
  Payloads payloads(in, coder, (f.flags & kFlagReference) != 0);
  const RoundMethod tokens = token_method_of(in);
  std::vector<Choice> chosen;
  do {
    RoundMethod method = method_of(in);
    if (needs_model(method)) method = f.flags & kFlagNoModel ? RoundMethod::kByteMix : tokens;
    chosen.push_back(payloads.next(method));
  } while (in.remaining() > 0 && chosen.size() < 5);
  f.content_size = 0;
  for (const Choice& round : chosen) f.content_size += round.content_size;
  FieldWriter out;
  start(out, FrameKind::kRounds);
  visit_rounds_header(out, f);
  uint64_t chain = xxh3_64(out.bytes());
  for (const Choice& round : chosen) {
    FieldWriter sizes;
    RoundFields fields{round.content_size, round.method, round.payload.size()};
    visit_round_sizes(sizes, fields);
    out.raw(sizes.bytes());
    out.le(advance_round_check(chain, sizes.bytes(), round.payload), kCheckBytes, "round check");
    out.raw(round.payload);
  }
  out.le(0, 1, "end");
  out.le(0, kCheckBytes, "content check");
  return out.bytes();
}

// A model, or what is none, and frames that may need it.
Bytes carried_model(Choices& in) {
  ModelFields f;
  f.fingerprint = in.flag() ? fingerprint() : in.number(8);
  f.model_size = in.number(in.byte() % 3 + 1);
  const ByteView payload = in.take(in.below(64) + 1);
  f.payload_size = payload.size;
  f.payload_check = model_payload_check(f, payload);
  FieldWriter out;
  start(out, FrameKind::kModel);
  visit_model(out, f);
  out.raw(payload);
  out.raw(rounds(in));
  return out.bytes();
}

Bytes file_of(Choices& in) {
  const size_t kind = in.below(16);
  switch (static_cast<FrameKind>(kind)) {
    case FrameKind::kSingle16:
    case FrameKind::kSingle24:
      return single(in, static_cast<FrameKind>(kind));
    case FrameKind::kPlain:
    case FrameKind::kPlainWithReference:
      return plain(in, static_cast<FrameKind>(kind));
    case FrameKind::kSingleWithReference:
      return single_with_reference(in);
    case FrameKind::kModel:
      return carried_model(in);
    default:
      return rounds(in);
  }
}

// As decompress() does it, with a session that stays.
void decode(ByteView file) {
  DecompressSettings settings(test::threads(1));
  settings.reference = reference();
  DecompressCall call(settings, test::tiny_models(), session());
  MemorySource source(file);
  FrameReader reader(source);
  while (const auto header = reader.next_frame()) {
    FrameDecoder decoder(call, session(), *header, {});
    uint64_t content_bytes = 0;
    while (const auto round = reader.next_round()) {
      content_bytes += round->content_size_bytes;
      if (content_bytes > kMostContentBytes) return;
      require(decoder.decode(*round).size() == round->content_size_bytes,
              "a round has another size than it says");
    }
    decoder.end(reader.content_check());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  session();
  is_rich = xxh3_64(ByteView(data, size)) % 16 == 0;
  Choices in(data, size);
  const Bytes file = file_of(in);
  refusal([&] { decode(file); });
  return 0;
}

// Rounds of samples that no encoder wrote: behind a layout, any bytes.
static void append_layouts(std::vector<Bytes>& all) {
  for (const uint8_t bits : {0x00, 0x10, 0x21, 0x33, 0x05, 0x08, 0x02}) {
    for (const uint8_t row : {0, 3, 16, 200}) {
      Bytes& out = all.emplace_back(Bytes{4, 7, 1, 23, bits, row, 0, 2});
      for (uint8_t byte = 1; byte < 30; ++byte) out.push_back(static_cast<uint8_t>(byte * 37));
    }
  }
}

std::vector<Bytes> llmz::fuzz::seeds() {
  std::vector<Bytes> all;
  const Bytes words = test::text(20, 3);
  const auto append_round = [&](Bytes& out, std::vector<uint8_t> how) {
    out.insert(out.end(), how.begin(), how.end());
    out.push_back(19);
    out.insert(out.end(), words.begin(), words.end());
  };
  for (const uint8_t kind : {0, 1, 5}) append_round(all.emplace_back(Bytes{kind}), {0});
  for (uint8_t method = 0; method < kMethods; ++method)
    append_round(all.emplace_back(Bytes{4, method}), {0});
  append_layouts(all);
  // Only one of a mix: behind a reference it has 64 MB.
  for (const uint8_t method : {1, 2}) append_round(all.emplace_back(Bytes{6, method}), {0});
  // Some flags, with the network's tokens in both ways, and rounds of all methods behind each
  // other.
  for (const uint8_t flags : {0, 2, 3, 8, 18, 24}) {
    for (const uint8_t tokens : {0, 1, 2}) {
      Bytes& out = all.emplace_back(Bytes{2, flags, 4, 63, 40, 0, 0, tokens});
      for (const uint8_t method : {3, 2, 5, 1, 0, 4}) append_round(out, {method, 0});
    }
  }
  return all;
}
