// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/error.h"
#include "compare/peak_memory.h"
#include "llmz/decompress.h"
#include "llmz_lab/measurement.h"

namespace llmz {
namespace {

// Calls work(), adds its time to `seconds`, and raises `peak` to its memory.
template <class Work>
auto timed(double& seconds, std::optional<uint64_t>& peak, Work&& work) {
  const PeakMemory memory;
  const auto start = std::chrono::steady_clock::now();
  auto result = work();
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto now = memory.bytes();
  if (now) peak = std::max(peak.value_or(0), *now);
  return result;
}

void check_equal(ByteView content, ByteView decoded) {
  const size_t both = std::min(content.size, decoded.size);
  const auto equal = static_cast<size_t>(
      std::mismatch(content.begin(), content.begin() + both, decoded.begin()).first -
      content.begin());
  if (equal == content.size && equal == decoded.size) return;
  throw Error(ErrorKind::kCorrupt,
              "does not give the content back: " + std::to_string(decoded.size) + " bytes for " +
                  std::to_string(content.size) + ", the first difference at byte " +
                  std::to_string(equal));
}

const uint8_t kZero[1] = {0};

Bytes compress_llmz(const Models& models, const CompressSettings& settings, ByteView content,
                    const CompareProgress& progress, Totals& totals) {
  MemorySource in(content);
  MemorySink out;
  totals = compress(in, out, models, settings, progress);
  return out.take();
}

}  // namespace

Measurement measure(const Compressor& compressor, ByteView content, uint64_t chunk_bytes,
                    const CompareProgress& progress) {
  Measurement found;
  found.content_bytes = content.size;
  const uint64_t step = chunk_bytes > 0 ? chunk_bytes : std::max<uint64_t>(content.size, 1);
  const auto chunk_at = [&](uint64_t begin) {
    return content.subview(begin, std::min<uint64_t>(step, content.size - begin));
  };
  const auto progress_from = [&](uint64_t begin) -> CompareProgress {
    if (!progress) return {};
    return [&progress, begin](uint64_t done) { progress(begin + done); };
  };

  std::vector<Bytes> chunks = timed(found.compress_seconds, found.peak_memory_bytes, [&] {
    std::vector<Bytes> made;
    uint64_t begin = 0;
    do {  // empty content is one empty chunk
      made.push_back(compressor.compress(chunk_at(begin), progress_from(begin)));
      begin += step;
    } while (begin < content.size);
    return made;
  });
  const Bytes decoded = timed(found.decompress_seconds, found.peak_memory_bytes, [&] {
    Bytes all;
    all.reserve(content.size);
    for (size_t i = 0; i < chunks.size(); ++i) {
      const uint64_t begin = i * step;
      const Bytes one =
          compressor.decompress(chunks[i], chunk_at(begin).size, progress_from(begin));
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  });
  check_equal(content, decoded);

  found.compressed_bytes =
      std::accumulate(chunks.begin(), chunks.end(), uint64_t{0},
                      [](uint64_t sum, const Bytes& chunk) { return sum + chunk.size(); });
  if (chunk_bytes > 0) {
    const uint64_t header = compressor.compress(ByteView(kZero, 1), {}).size();
    found.compressed_bytes -= (chunks.size() - 1) * header;
  }
  return found;
}

Measurement measure_llmz(const Models& models, const CompressSettings& asked, ByteView content,
                         uint64_t chunk_bytes, const CompareProgress& progress) {
  CompressSettings settings = asked;
  if (chunk_bytes > 0) settings.block_size_bytes = chunk_bytes;
  Measurement found;
  found.content_bytes = content.size;
  Totals totals;
  const Bytes compressed = timed(found.compress_seconds, found.peak_memory_bytes, [&] {
    return compress_llmz(models, settings, content, progress, totals);
  });
  const Bytes decoded = timed(found.decompress_seconds, found.peak_memory_bytes, [&] {
    MemorySource in(compressed);
    MemorySink out;
    decompress(in, out, models, settings.engine, progress);
    return out.take();
  });
  check_equal(content, decoded);

  found.compressed_bytes = compressed.size();
  if (chunk_bytes > 0) {
    settings.block_size_bytes = 0;
    Totals of_zero;
    const uint64_t header = compress_llmz(models, settings, ByteView(kZero, 1), {}, of_zero).size();
    const auto& payloads = totals.payload_bytes_of;
    found.compressed_bytes = std::accumulate(payloads.begin(), payloads.end(), header);
  }
  return found;
}

}  // namespace llmz
