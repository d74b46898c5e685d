// SPDX-License-Identifier: Apache-2.0
// Decodes what is being compressed, beside compressing it, and compares.
#pragma once

#include "base/hash.h"
#include "llmz/decompress.h"

namespace llmz {

class Verifier {
 public:
  Verifier(const CompressSettings& settings, const EngineSettings& engine, const Models& models,
           Progress tick)
      : decoder_(to_decompress(settings, engine), models, std::move(tick)) {}

  void content(ByteView bytes) { content_.update(bytes); }
  void compressed(ByteView bytes) {
    check([&] {
      decoder_.feed(bytes);
      drain();
    });
  }
  // After everything.
  void end() {
    check([&] {
      decoder_.end();
      drain();
    });
    if (decoded_.digest() != content_.digest()) fail("other content comes out");
  }

 private:
  static DecompressSettings to_decompress(const CompressSettings& settings,
                                          const EngineSettings& engine) {
    DecompressSettings back(engine);
    back.reference = settings.reference;
    return back;
  }
  template <class Work>
  void check(Work&& work) {
    try {
      work();
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kOutOfMemory || e.kind() == ErrorKind::kIo ||
          e.kind() == ErrorKind::kInterrupted)
        throw;
      fail(e.what());
    }
  }
  void drain() {
    for (Bytes part = decoder_.drain(); !part.empty(); part = decoder_.drain())
      decoded_.update(part);
  }
  [[noreturn]] static void fail(const std::string& why) {
    throw Error(ErrorKind::kInternal, "what was compressed does not decode to the input: " + why);
  }

  DecompressStream decoder_;
  Xxh3 content_, decoded_;
};

}  // namespace llmz
