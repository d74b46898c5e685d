// SPDX-License-Identifier: Apache-2.0
#include "llmz/llmz_c.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "llmz/llmz.h"

struct llmz_models {
  llmz::Models models;
};

struct llmz_settings {
  llmz::CompressSettings compress;
  uint64_t max_content_bytes = 0;
  llmz_progress progress = nullptr;
  void* user = nullptr;
};

struct llmz_compressor {
  llmz::CompressStream stream;
};

struct llmz_decompressor {
  llmz::DecompressStream stream;
};

namespace {

using llmz::Bytes;
using llmz::ByteView;
using llmz::Error;
using llmz::ErrorKind;

static_assert(LLMZ_LIMIT == static_cast<int>(ErrorKind::kLimit));

thread_local std::string last_error;

llmz_status remember(llmz_status status, const char* message) noexcept {
  try {
    last_error = message;
  } catch (...) {
    last_error.clear();
  }
  return status;
}

template <class Work>
llmz_status status_of(Work&& work) noexcept {
  try {
    work();
    return LLMZ_OK;
  } catch (const Error& e) {
    return remember(static_cast<llmz_status>(e.kind()), e.what());
  } catch (const std::bad_alloc&) {
    return remember(LLMZ_OUT_OF_MEMORY, "memory ran out");
  } catch (const std::exception& e) {
    return remember(LLMZ_INTERNAL, e.what());
  } catch (...) {
    return remember(LLMZ_INTERNAL, "an exception of unknown type");
  }
}

// A pointer that must not be null.
template <class T>
T& given(T* pointer) {
  if (!pointer) throw Error(ErrorKind::kUsage, "a handle or an output is NULL");
  return *pointer;
}

ByteView view(const void* data, size_t size) {
  if (!data && size > 0) throw Error(ErrorKind::kUsage, "the input is NULL");
  return {static_cast<const uint8_t*>(data), size};
}

void give(const Bytes& bytes, llmz_buffer& out) {
  if (bytes.empty()) return;
  out.data = static_cast<uint8_t*>(std::malloc(bytes.size()));
  if (!out.data) throw std::bad_alloc();
  std::memcpy(out.data, bytes.data(), bytes.size());
  out.size = bytes.size();
}

const llmz::Models& models_or_installed(const llmz_models* models) {
  return models ? models->models : llmz::default_models();
}

llmz::CompressSettings compress_settings(const llmz_settings* settings) {
  return settings ? settings->compress : llmz::CompressSettings();
}

llmz::DecompressSettings decompress_settings(const llmz_settings* settings) {
  llmz::DecompressSettings result;
  if (!settings) return result;
  result.engine = settings->compress.engine;
  result.max_memory_bytes = settings->compress.max_memory_bytes;
  result.max_content_bytes = settings->max_content_bytes;
  result.reference = settings->compress.reference;
  return result;
}

llmz::Progress progress_of(const llmz_settings* settings) {
  if (!settings || !settings->progress) return {};
  return [progress = settings->progress, user = settings->user](uint64_t done) {
    if (progress(done, user) != 0)
      throw Error(ErrorKind::kInterrupted, "the progress function asked to stop");
  };
}

template <class Change>
llmz_status change(llmz_settings* settings, Change&& change) noexcept {
  return status_of([&] { change(given(settings)); });
}

}  // namespace

const char* llmz_status_text(llmz_status status) {
  switch (status) {
    case LLMZ_OK:
      return "no error";
    case LLMZ_USAGE:
      return "the call asks for something impossible";
    case LLMZ_IO:
      return "the operating system refused";
    case LLMZ_NOT_LLMZ:
      return "the input is not an llmz file";
    case LLMZ_CORRUPT:
      return "the file is damaged";
    case LLMZ_TRUNCATED:
      return "the input ends too early";
    case LLMZ_NEWER_VERSION:
      return "the file has a format that this llmz does not read";
    case LLMZ_MODEL_MISSING:
      return "the model is not installed";
    case LLMZ_MODEL_BAD:
      return "the model file is damaged";
    case LLMZ_INTERRUPTED:
      return "stopped on request";
    case LLMZ_INTERNAL:
      return "a bug of llmz or of a library below it";
    case LLMZ_OUT_OF_MEMORY:
      return "memory ran out";
    case LLMZ_LIMIT:
      return "more memory or content than allowed";
    case LLMZ_REFERENCE_MISSING:
      return "the reference is missing, or another one than it was compressed with";
  }
  return "not a status of llmz";
}

const char* llmz_last_error(void) { return last_error.c_str(); }
const char* llmz_version(void) { return llmz::version(); }
unsigned llmz_format_version(void) { return llmz::format_version(); }

void llmz_buffer_free(llmz_buffer* buffer) {
  if (!buffer) return;
  std::free(buffer->data);
  *buffer = {nullptr, 0};
}

llmz_status llmz_models_installed(llmz_models** models) {
  return status_of([&] {
    given(models) = nullptr;
    *models = new llmz_models{llmz::Models::installed()};
  });
}

llmz_status llmz_models_of(const char* const* folders, size_t count, llmz_models** models) {
  return status_of([&] {
    given(models) = nullptr;
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) names.emplace_back(&given(given(folders + i)));
    *models = new llmz_models{llmz::Models(std::move(names))};
  });
}

void llmz_models_free(llmz_models* models) { delete models; }

llmz_status llmz_settings_new(llmz_settings** settings) {
  return status_of([&] {
    given(settings) = nullptr;
    *settings = new llmz_settings();
  });
}

void llmz_settings_free(llmz_settings* settings) { delete settings; }

llmz_status llmz_settings_level(llmz_settings* settings, int level) {
  return change(settings, [&](llmz_settings& s) { s.compress.set_level(level); });
}
llmz_status llmz_settings_model(llmz_settings* settings, const char* name_or_path) {
  return change(settings, [&](llmz_settings& s) { s.compress.model = &given(name_or_path); });
}
llmz_status llmz_settings_threads(llmz_settings* settings, unsigned threads) {
  return change(settings, [&](llmz_settings& s) { s.compress.engine.threads = threads; });
}
llmz_status llmz_settings_lanes(llmz_settings* settings, unsigned lanes) {
  return change(settings, [&](llmz_settings& s) {
    if (lanes > 255) throw Error(ErrorKind::kUsage, "at most 255 lanes are possible");
    s.compress.lanes = lanes;
  });
}
llmz_status llmz_settings_memory_bits(llmz_settings* settings, unsigned memory_bits) {
  return change(settings, [&](llmz_settings& s) {
    if (memory_bits < 16 || memory_bits > 28)
      throw Error(ErrorKind::kUsage, "the mix takes 2^16 to 2^28 bytes of memory");
    s.compress.memory_bits = memory_bits;
  });
}
llmz_status llmz_settings_block_size(llmz_settings* settings, uint64_t size_bytes) {
  return change(settings, [&](llmz_settings& s) { s.compress.block_size_bytes = size_bytes; });
}
llmz_status llmz_settings_verify(llmz_settings* settings, int verify) {
  return change(settings, [&](llmz_settings& s) { s.compress.verify = verify != 0; });
}
llmz_status llmz_settings_embed_model(llmz_settings* settings, int embed_model) {
  return change(settings, [&](llmz_settings& s) { s.compress.embed_model = embed_model != 0; });
}
llmz_status llmz_settings_reference(llmz_settings* settings, const void* reference, size_t size) {
  return change(settings, [&](llmz_settings& s) {
    s.compress.reference.reset();
    if (size > 0) s.compress.reference.emplace(view(reference, size));
  });
}
llmz_status llmz_settings_limits(llmz_settings* settings, uint64_t max_memory_bytes,
                                 uint64_t max_content_bytes) {
  return change(settings, [&](llmz_settings& s) {
    s.compress.max_memory_bytes = max_memory_bytes;
    s.max_content_bytes = max_content_bytes;
  });
}
llmz_status llmz_settings_progress(llmz_settings* settings, llmz_progress progress, void* user) {
  return change(settings, [&](llmz_settings& s) {
    s.progress = progress;
    s.user = user;
  });
}

llmz_status llmz_compress(const llmz_models* models, const llmz_settings* settings,
                          const void* content, size_t size, llmz_buffer* out) {
  return status_of([&] {
    given(out) = {nullptr, 0};
    llmz::MemorySource in(view(content, size));
    llmz::MemorySink sink;
    llmz::compress(in, sink, models_or_installed(models), compress_settings(settings),
                   progress_of(settings));
    give(sink.bytes(), *out);
  });
}

llmz_status llmz_decompress(const llmz_models* models, const llmz_settings* settings,
                            const void* file, size_t size, llmz_buffer* out) {
  return status_of([&] {
    given(out) = {nullptr, 0};
    llmz::MemorySource in(view(file, size));
    llmz::MemorySink sink;
    llmz::decompress(in, sink, models_or_installed(models), decompress_settings(settings),
                     progress_of(settings));
    give(sink.bytes(), *out);
  });
}

llmz_status llmz_decompress_range(const llmz_models* models, const llmz_settings* settings,
                                  const void* file, size_t size, uint64_t from, uint64_t count,
                                  llmz_buffer* out) {
  return status_of([&] {
    given(out) = {nullptr, 0};
    llmz::MemorySource in(view(file, size));
    llmz::MemorySink sink;
    llmz::decompress_range(in, from, count, sink, models_or_installed(models),
                           decompress_settings(settings), progress_of(settings));
    give(sink.bytes(), *out);
  });
}

llmz_status llmz_compressor_new(const llmz_models* models, const llmz_settings* settings,
                                llmz_compressor** stream) {
  return status_of([&] {
    given(stream) = nullptr;
    *stream = new llmz_compressor{llmz::CompressStream(
        compress_settings(settings), models_or_installed(models), progress_of(settings))};
  });
}
llmz_status llmz_compressor_feed(llmz_compressor* stream, const void* content, size_t size) {
  return status_of([&] { given(stream).stream.feed(view(content, size)); });
}
llmz_status llmz_compressor_flush(llmz_compressor* stream) {
  return status_of([&] { given(stream).stream.flush(); });
}
llmz_status llmz_compressor_end(llmz_compressor* stream) {
  return status_of([&] { given(stream).stream.end(); });
}
llmz_status llmz_compressor_drain(llmz_compressor* stream, llmz_buffer* out) {
  return status_of([&] {
    given(out) = {nullptr, 0};
    give(given(stream).stream.drain(), *out);
  });
}
void llmz_compressor_free(llmz_compressor* stream) { delete stream; }

llmz_status llmz_decompressor_new(const llmz_models* models, const llmz_settings* settings,
                                  llmz_decompressor** stream) {
  return status_of([&] {
    given(stream) = nullptr;
    *stream = new llmz_decompressor{llmz::DecompressStream(
        decompress_settings(settings), models_or_installed(models), progress_of(settings))};
  });
}
llmz_status llmz_decompressor_feed(llmz_decompressor* stream, const void* compressed, size_t size) {
  return status_of([&] { given(stream).stream.feed(view(compressed, size)); });
}
llmz_status llmz_decompressor_end(llmz_decompressor* stream) {
  return status_of([&] { given(stream).stream.end(); });
}
llmz_status llmz_decompressor_drain(llmz_decompressor* stream, llmz_buffer* out) {
  return status_of([&] {
    given(out) = {nullptr, 0};
    give(given(stream).stream.drain(), *out);
  });
}
int llmz_decompressor_finished(const llmz_decompressor* stream) {
  return stream && stream->stream.finished();
}
void llmz_decompressor_free(llmz_decompressor* stream) { delete stream; }

llmz_status llmz_file_info_of(const void* file, size_t size, llmz_file_info* info) {
  return status_of([&] {
    given(info) = {};
    llmz::MemorySource source(view(file, size));
    llmz_file_info sum = {};
    llmz::for_each_frame(source, [&](const llmz::FrameInfo& frame) {
      ++sum.frames;
      sum.content_size_bytes += frame.content_size_bytes;
      sum.memory_bytes = std::max(sum.memory_bytes, frame.memory_bytes);
      if (frame.needs_model && !sum.needs_model) {
        sum.needs_model = 1;
        sum.fingerprint_low = frame.fingerprint_low;
      }
    });
    *info = sum;
  });
}
