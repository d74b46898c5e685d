// SPDX-License-Identifier: Apache-2.0
// FLAC, through libFLAC: the bytes are 8-bit samples of one channel, 128 is silence (as in a WAV
// file of 8 bits).
#include <FLAC/stream_decoder.h>
#include <FLAC/stream_encoder.h>

#include <memory>

#include "compare/pump.h"

namespace llmz {
namespace {

constexpr int kSilence = 128;
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

Bytes compress(ByteView content, const CompareProgress& progress) {
  constexpr size_t kStepSamples = 64 << 10;
  Bytes out;
  const std::unique_ptr<FLAC__StreamEncoder, Delete> encoder(FLAC__stream_encoder_new());
  if (!encoder) throw std::bad_alloc();
  FLAC__stream_encoder_set_channels(encoder.get(), 1);
  FLAC__stream_encoder_set_bits_per_sample(encoder.get(), 8);
  FLAC__stream_encoder_set_sample_rate(encoder.get(), kSamplesPerSecond);
  FLAC__stream_encoder_set_compression_level(encoder.get(), 8);
  FLAC__stream_encoder_set_total_samples_estimate(encoder.get(), content.size);
  if (FLAC__stream_encoder_init_stream(encoder.get(), append, nullptr, nullptr, nullptr, &out) !=
      FLAC__STREAM_ENCODER_INIT_STATUS_OK)
    fail_in_library("libFLAC", "cannot begin");
  std::vector<FLAC__int32> samples;
  for (size_t done = 0; done < content.size; done += samples.size()) {
    const size_t count = std::min(kStepSamples, content.size - done);
    samples.assign(content.data + done, content.data + done + count);
    for (FLAC__int32& sample : samples) sample -= kSilence;
    if (!FLAC__stream_encoder_process_interleaved(encoder.get(), samples.data(),
                                                  static_cast<uint32_t>(count)))
      fail_in_library("libFLAC", FLAC__stream_encoder_get_resolved_state_string(encoder.get()));
    if (progress) progress(done + count);
  }
  if (!FLAC__stream_encoder_finish(encoder.get())) fail_in_library("libFLAC", "cannot finish");
  return out;
}

struct Decoding {
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
  Bytes& out = static_cast<Decoding*>(client)->out;
  for (uint32_t i = 0; i < frame->header.blocksize; ++i)
    out.push_back(static_cast<uint8_t>(channels[0][i] + kSilence));
  return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

void note_error(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void* client) {
  static_cast<Decoding*>(client)->failed = true;
}

Bytes decompress(ByteView compressed, uint64_t, const CompareProgress& progress) {
  Decoding decoding{compressed, {}, false};
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
  return std::move(decoding.out);
}

}  // namespace

Compressor flac_compressor() { return {"FLAC -8", compress, decompress}; }

}  // namespace llmz
