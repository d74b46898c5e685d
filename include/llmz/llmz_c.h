/* SPDX-License-Identifier: Apache-2.0 */
/* llmz for C, and for the other languages that speak it. What each function does and promises
   stands in the C++ headers beside this one; here stands what is different.

     llmz_buffer out;
     if (llmz_compress(NULL, NULL, text, text_size, &out) != LLMZ_OK) puts(llmz_last_error());
     llmz_buffer_free(&out);

   Every function that can fail returns an llmz_status and leaves its outputs empty when it is not
   LLMZ_OK. No exception leaves a function. Handles may be used by one thread at a time, llmz_models
   by several. A NULL handle frees nothing; NULL models are those that are installed, NULL settings
   the defaults. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "llmz/export.h"
#include "llmz/version.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers of llmz::ErrorKind. */
typedef enum llmz_status {
  LLMZ_OK = 0,
  LLMZ_USAGE = 1,
  LLMZ_IO = 2,
  LLMZ_NOT_LLMZ = 3,
  LLMZ_CORRUPT = 4,
  LLMZ_TRUNCATED = 5,
  LLMZ_NEWER_VERSION = 6,
  LLMZ_MODEL_MISSING = 7,
  LLMZ_MODEL_BAD = 8,
  LLMZ_INTERRUPTED = 9,
  LLMZ_INTERNAL = 10,
  LLMZ_OUT_OF_MEMORY = 11,
  LLMZ_LIMIT = 12,
  LLMZ_REFERENCE_MISSING = 13
} llmz_status;

/* A few words for a status: "the file is damaged". */
LLMZ_API const char* llmz_status_text(llmz_status status);
/* What went wrong in this thread's last call that failed, in a sentence; "" before one. Good until
   the thread's next call. */
LLMZ_API const char* llmz_last_error(void);

/* Of the library: "0.1.0", and the format that it reads and writes. */
LLMZ_API const char* llmz_version(void);
LLMZ_API unsigned llmz_format_version(void);

/* Bytes that llmz has allocated. */
typedef struct llmz_buffer {
  uint8_t* data;
  size_t size;
} llmz_buffer;
LLMZ_API void llmz_buffer_free(llmz_buffer* buffer);

/* Models, and what is kept loaded between calls. */
typedef struct llmz_models llmz_models;
LLMZ_API llmz_status llmz_models_installed(llmz_models** models);
LLMZ_API llmz_status llmz_models_of(const char* const* folders, size_t count, llmz_models** models);
LLMZ_API void llmz_models_free(llmz_models* models);

/* Of compression and decompression. The setters return LLMZ_USAGE for values out of range, those of
   names when they are used. */
typedef struct llmz_settings llmz_settings;
LLMZ_API llmz_status llmz_settings_new(llmz_settings** settings);
LLMZ_API void llmz_settings_free(llmz_settings* settings);
/* 1 to 9. 8 and 9 set the model, too: name another one after that. */
LLMZ_API llmz_status llmz_settings_level(llmz_settings* settings, int level);
LLMZ_API llmz_status llmz_settings_model(llmz_settings* settings, const char* name_or_path);
LLMZ_API llmz_status llmz_settings_threads(llmz_settings* settings, unsigned threads); /* 0: all */
LLMZ_API llmz_status llmz_settings_lanes(llmz_settings* settings, unsigned lanes);
LLMZ_API llmz_status llmz_settings_memory_bits(llmz_settings* settings, unsigned memory_bits);
LLMZ_API llmz_status llmz_settings_block_size(llmz_settings* settings, uint64_t size_bytes);
LLMZ_API llmz_status llmz_settings_verify(llmz_settings* settings, int verify);
LLMZ_API llmz_status llmz_settings_embed_model(llmz_settings* settings, int embed_model);
/* Content that counts as coded before, 1 byte to 16 MB, copied; of no bytes: none. What it leads to
   is kept in the settings. */
LLMZ_API llmz_status llmz_settings_reference(llmz_settings* settings, const void* reference,
                                             size_t size);
/* 0: no limit. Content: of decompression. */
LLMZ_API llmz_status llmz_settings_limits(llmz_settings* settings, uint64_t max_memory_bytes,
                                          uint64_t max_content_bytes);
/* Called about every 100 ms; another result than 0 ends the call with LLMZ_INTERRUPTED. */
typedef int (*llmz_progress)(uint64_t content_bytes_done, void* user);
LLMZ_API llmz_status llmz_settings_progress(llmz_settings* settings, llmz_progress progress,
                                            void* user);

LLMZ_API llmz_status llmz_compress(const llmz_models* models, const llmz_settings* settings,
                                   const void* content, size_t size, llmz_buffer* out);
LLMZ_API llmz_status llmz_decompress(const llmz_models* models, const llmz_settings* settings,
                                     const void* file, size_t size, llmz_buffer* out);

/* `count` bytes of the content from `from` on: llmz::decompress_range. */
LLMZ_API llmz_status llmz_decompress_range(const llmz_models* models, const llmz_settings* settings,
                                           const void* file, size_t size, uint64_t from,
                                           uint64_t count, llmz_buffer* out);

/* Streams: llmz::CompressStream and llmz::DecompressStream. Settings and models are copied. */
typedef struct llmz_compressor llmz_compressor;
LLMZ_API llmz_status llmz_compressor_new(const llmz_models* models, const llmz_settings* settings,
                                         llmz_compressor** stream);
LLMZ_API llmz_status llmz_compressor_feed(llmz_compressor* stream, const void* content,
                                          size_t size);
LLMZ_API llmz_status llmz_compressor_flush(llmz_compressor* stream);
LLMZ_API llmz_status llmz_compressor_end(llmz_compressor* stream);
LLMZ_API llmz_status llmz_compressor_drain(llmz_compressor* stream, llmz_buffer* out);
LLMZ_API void llmz_compressor_free(llmz_compressor* stream);

typedef struct llmz_decompressor llmz_decompressor;
LLMZ_API llmz_status llmz_decompressor_new(const llmz_models* models, const llmz_settings* settings,
                                           llmz_decompressor** stream);
LLMZ_API llmz_status llmz_decompressor_feed(llmz_decompressor* stream, const void* compressed,
                                            size_t size);
LLMZ_API llmz_status llmz_decompressor_end(llmz_decompressor* stream);
/* An empty buffer: more input is needed, or the stream is finished. */
LLMZ_API llmz_status llmz_decompressor_drain(llmz_decompressor* stream, llmz_buffer* out);
LLMZ_API int llmz_decompressor_finished(const llmz_decompressor* stream);
LLMZ_API void llmz_decompressor_free(llmz_decompressor* stream);

/* What a file says about itself, in sum. */
typedef struct llmz_file_info {
  uint64_t frames;
  uint64_t content_size_bytes;
  uint64_t memory_bytes;    /* to decode it, beside a model and its engine: an upper bound */
  int needs_model;          /* whether a frame does */
  uint32_t fingerprint_low; /* of the first model that is needed */
} llmz_file_info;
LLMZ_API llmz_status llmz_file_info_of(const void* file, size_t size, llmz_file_info* info);

#ifdef __cplusplus
}
#endif
