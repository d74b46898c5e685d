// SPDX-License-Identifier: Apache-2.0
// FLAC, through libFLAC: the bytes are samples of one channel as in a WAV file, of 8 bits (128 is
// silence) or of 16 (signed, the low byte first). The byte that is half a sample is stored in
// front.
#include <FLAC/stream_decoder.h>
#include <FLAC/stream_encoder.h>

#include <memory>

#include "compare/pump.h"

namespace llmz {
namespace {

constexpr int kSilence = 128;                  // of 8 bits
constexpr unsigned kSamplesPerSecond = 16000;  // stored in the header; no size depends on it

struct Delete {
  void operator()(FLAC__StreamEncoder* encoder) const { FLAC__stream_encoder_delete(encoder); }
  void operator()(FLAC__StreamDecoder* decoder) const { FLAC__stream_decoder_delete(decoder); }
};

FLAC__StreamEncoderWriteStatus append(const FLAC__StreamEncoder*, const FLAC__byte data[],
                                      size_t size, uint32_t, uint32_t, void* out) {
  static_cast<Bytes*>(out)->insert(static_cast<Bytes*>(out)->end(), data, data + size);
  return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}

FLAC__int32 sample_at(const uint8_t* at, unsigned bytes) {
  if (bytes == 1) return at[0] - kSilence;
  return static_cast<int16_t>(at[0] | at[1] << 8);
}

Bytes compress(ByteView content, unsigned bytes, const CompareProgress& progress) {
  constexpr size_t kStepSamples = 64 << 10;
  const size_t count = content.size / bytes;
  Bytes out(content.begin() + count * bytes, content.end());
  const std::unique_ptr<FLAC__StreamEncoder, Delete> encoder(FLAC__stream_encoder_new());
  if (!encoder) throw std::bad_alloc();
  FLAC__stream_encoder_set_channels(encoder.get(), 1);
  FLAC__stream_encoder_set_bits_per_sample(encoder.get(), 8 * bytes);
  FLAC__stream_encoder_set_sample_rate(encoder.get(), kSamplesPerSecond);
  FLAC__stream_encoder_set_compression_level(encoder.get(), 8);
  FLAC__stream_encoder_set_total_samples_estimate(encoder.get(), count);
  if (FLAC__stream_encoder_init_stream(encoder.get(), append, nullptr, nullptr, nullptr, &out) !=
      FLAC__STREAM_ENCODER_INIT_STATUS_OK)
    fail_in_library("libFLAC", "cannot begin");
  std::vector<FLAC__int32> samples;
  for (size_t done = 0; done < count; done += samples.size()) {
    samples.resize(std::min(kStepSamples, count - done));
    for (size_t i = 0; i < samples.size(); ++i)
      samples[i] = sample_at(content.data + (done + i) * bytes, bytes);
    if (!FLAC__stream_encoder_process_interleaved(encoder.get(), samples.data(),
                                                  static_cast<uint32_t>(samples.size())))
      fail_in_library("libFLAC", FLAC__stream_encoder_get_resolved_state_string(encoder.get()));
    if (progress) progress((done + samples.size()) * bytes);
  }
  if (!FLAC__stream_encoder_finish(encoder.get())) fail_in_library("libFLAC", "cannot finish");
  return out;
}

struct Decoding {
  unsigned bytes;
  ByteView left;
  Bytes out;
  bool failed = false;
};

FLAC__StreamDecoderReadStatus take(const FLAC__StreamDecoder*, FLAC__byte data[], size_t* size,
                                   void* client) {
  ByteView& left = static_cast<Decoding*>(client)->left;
  *size = std::min(*size, left.size);
  if (*size == 0) return FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
  std::copy(left.begin(), left.begin() + *size, data);
  left = left.subview(*size, left.size - *size);
  return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
}

FLAC__StreamDecoderWriteStatus give(const FLAC__StreamDecoder*, const FLAC__Frame* frame,
                                    const FLAC__int32* const channels[], void* client) {
  Decoding& decoding = *static_cast<Decoding*>(client);
  for (uint32_t i = 0; i < frame->header.blocksize; ++i) {
    const FLAC__int32 sample = channels[0][i] + (decoding.bytes == 1 ? kSilence : 0);
    for (unsigned byte = 0; byte < decoding.bytes; ++byte)
      decoding.out.push_back(static_cast<uint8_t>(static_cast<uint32_t>(sample) >> 8 * byte));
  }
  return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

void note_error(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void* client) {
  static_cast<Decoding*>(client)->failed = true;
}

Bytes decompress(ByteView compressed, uint64_t content_bytes, unsigned bytes,
                 const CompareProgress& progress) {
  const size_t half = std::min<size_t>(content_bytes % bytes, compressed.size);
  Decoding decoding{bytes, compressed.subview(half, compressed.size - half), {}, false};
  const std::unique_ptr<FLAC__StreamDecoder, Delete> decoder(FLAC__stream_decoder_new());
  if (!decoder) throw std::bad_alloc();
  if (FLAC__stream_decoder_init_stream(decoder.get(), take, nullptr, nullptr, nullptr, nullptr,
                                       give, nullptr, note_error,
                                       &decoding) != FLAC__STREAM_DECODER_INIT_STATUS_OK)
    fail_in_library("libFLAC", "cannot begin");
  bool good = true;
  while (good &&
         FLAC__stream_decoder_get_state(decoder.get()) != FLAC__STREAM_DECODER_END_OF_STREAM) {
    good = FLAC__stream_decoder_process_single(decoder.get()) && !decoding.failed;
    if (progress) progress(decoding.out.size());
  }
  if (!good) fail_in_library("libFLAC", "a damaged stream");
  decoding.out.insert(decoding.out.end(), compressed.begin(), compressed.begin() + half);
  return std::move(decoding.out);
}

}  // namespace

Compressor flac_compressor(unsigned bits) {
  const unsigned bytes = bits / 8;
  return {bits == 8 ? "FLAC -8" : "FLAC -8, " + std::to_string(bits) + " bits",
          [bytes](ByteView content, const CompareProgress& progress) {
            return compress(content, bytes, progress);
          },
          [bytes](ByteView compressed, uint64_t content_bytes, const CompareProgress& progress) {
            return decompress(compressed, content_bytes, bytes, progress);
          }};
}

}  // namespace llmz
