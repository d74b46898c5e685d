// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "container/caller.h"
#include "encode/file_compressor.h"
#include "llmz/compress.h"

namespace llmz {

Totals compress(ByteSource& in, ByteSink& out, const Models& models,
                const CompressSettings& settings, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    CallerSink sink(caller, out);
    const Progress report = callers_progress(caller, progress);
    FileCompressor compressor(sink, models, settings, report, true);
    // What is done goes out before a wait for more.
    segment_all(source, compressor.segments(), [&] {
      while (compressor.write_done() && source.may_wait()) compressor.wait();
    });
    return compressor.finish();
  });
}

Bytes compress(ByteView content, const CompressSettings& settings, const Models& models) {
  return at_border([&] {  // the sink is not the caller's
    MemorySource in(content);
    MemorySink out;
    compress(in, out, models, settings);
    return out.take();
  });
}

class CompressStreamState {
 public:
  CompressStreamState(const CompressSettings& settings, const Models& models, Progress progress)
      : settings_(settings),
        models_(models),
        progress_(std::move(progress)),
        report_(callers_progress(caller_, progress_)),
        compressor_(out_, models_, settings_, report_, false) {}

  // Once something has gone wrong, nothing else may be done.
  template <class Work>
  void use(Work&& work) {
    if (!usable_)
      throw Error(ErrorKind::kUsage, "this stream has ended, or an error has ended its use");
    usable_ = false;
    caller_.in([&] { work(compressor_); });
    usable_ = true;
  }
  void end() {
    use([](FileCompressor& compressor) {
      compressor.segments().end();
      compressor.finish();
    });
    usable_ = false;
  }
  Bytes drain() { return out_.take(); }
  const Totals& totals() { return compressor_.totals(); }

 private:
  Caller caller_;
  const CompressSettings settings_;
  const Models models_;
  const Progress progress_, report_;
  MemorySink out_;
  FileCompressor compressor_;
  bool usable_ = true;
};

CompressStream::CompressStream(const CompressSettings& settings, const Models& models,
                               Progress progress)
    : state_(at_border([&] {
        return std::make_unique<CompressStreamState>(settings, models, std::move(progress));
      })) {}
CompressStream::~CompressStream() = default;
CompressStream::CompressStream(CompressStream&&) noexcept = default;
CompressStream& CompressStream::operator=(CompressStream&&) noexcept = default;

void CompressStream::feed(ByteView content) {
  state_->use([&](FileCompressor& compressor) { compressor.segments().feed(content); });
}
void CompressStream::flush() {
  state_->use([](FileCompressor& compressor) { compressor.flush(); });
}
void CompressStream::end() { state_->end(); }
Bytes CompressStream::drain() { return state_->drain(); }
const Totals& CompressStream::totals() const { return state_->totals(); }

CompressSettings& CompressSettings::set_level(int level) {
  if (level < 1 || level > 9)
    throw Error(ErrorKind::kUsage, "levels are 1 to 9, found " + std::to_string(level));
  if (level == 1) network = false;
  if (level >= 8) model = "best";
  if (level == 9) {
    lanes = 1;
    memory_bits = kLargestMemoryBits;
  }
  return *this;
}

}  // namespace llmz
