// SPDX-License-Identifier: Apache-2.0
#include "container/caller.h"
#include "decode/file_decoder.h"
#include "llmz/decompress.h"

namespace llmz {

Totals decompress(ByteSource& in, ByteSink& out, const Models& models,
                  const DecompressSettings& settings, const Progress& progress) {
  Caller caller;
  return caller.in([&] {
    CallerSource source(caller, in);
    CallerSink sink(caller, out);
    const Progress report = callers_progress(caller, progress);
    FileDecoder decoder(source, sink, models, settings, report);
    FrameReader reader(source);
    decoder.decode(reader);
    const Totals totals = decoder.finish();
    if (totals.frames == 0) throw_empty();
    return totals;
  });
}

Bytes decompress(ByteView file, const DecompressSettings& settings, const Models& models) {
  return at_border([&] {  // the sink is not the caller's
    MemorySource in(file);
    MemorySink out;
    decompress(in, out, models, settings);
    return out.take();
  });
}

}  // namespace llmz
