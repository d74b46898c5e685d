/* SPDX-License-Identifier: Apache-2.0 */
/* The same from C, with what goes wrong. */
#include <llmz/llmz_c.h>
#include <stdio.h>
#include <string.h>

static int failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, llmz_last_error());
  return 1;
}

static int stop_at_once(uint64_t content_bytes_done, void* user) {
  (void)content_bytes_done;
  ++*(int*)user;
  return 1;
}

int main(void) {
  static const char text[] = "To be, or not to be, that is the question: whether 'tis nobler.\n";
  static char noise[100000];
  llmz_settings* settings;
  llmz_buffer file, again;
  llmz_file_info info;
  llmz_compressor* stream;
  unsigned state = 1;
  int calls = 0;
  size_t i;

  if (llmz_settings_new(&settings) != LLMZ_OK) return failed("settings");
  if (llmz_settings_level(settings, 1) != LLMZ_OK) return failed("level");
  if (llmz_compress(NULL, settings, text, sizeof text, &file) != LLMZ_OK) return failed("compress");
  if (llmz_file_info_of(file.data, file.size, &info) != LLMZ_OK) return failed("info");
  printf("llmz %s, format %u: %zu bytes became %zu\n", llmz_version(), llmz_format_version(),
         sizeof text, file.size);
  if (info.frames != 1 || info.content_size_bytes != sizeof text || info.needs_model) return 1;
  if (llmz_decompress(NULL, settings, file.data, file.size, &again) != LLMZ_OK)
    return failed("decompress");
  if (again.size != sizeof text || memcmp(again.data, text, sizeof text) != 0) return 1;
  llmz_buffer_free(&again);
  if (llmz_decompress_range(NULL, settings, file.data, file.size, 3, 2, &again) != LLMZ_OK)
    return failed("range");
  if (again.size != 2 || memcmp(again.data, "be", 2) != 0) return 1;
  llmz_buffer_free(&again);

  /* Damage has a status and a sentence; nothing is given out. */
  if (llmz_decompress(NULL, NULL, file.data, file.size - 1, &again) != LLMZ_TRUNCATED) return 1;
  if (again.data || again.size || !*llmz_last_error()) return 1;
  if (llmz_decompress(NULL, NULL, text, sizeof text, &again) != LLMZ_NOT_LLMZ) return 1;
  if (llmz_settings_limits(settings, 0, sizeof text - 1) != LLMZ_OK) return 1;
  if (llmz_decompress(NULL, settings, file.data, file.size, &again) != LLMZ_LIMIT) return 1;
  if (llmz_settings_level(settings, 10) != LLMZ_USAGE) return 1;
  if (llmz_compress(NULL, NULL, NULL, 1, &again) != LLMZ_USAGE) return 1;
  llmz_buffer_free(&file);

  /* Content that counts as coded before, and is needed again. */
  if (llmz_settings_limits(settings, 0, 0) != LLMZ_OK) return failed("limits");
  if (llmz_settings_reference(settings, text, sizeof text) != LLMZ_OK) return failed("reference");
  if (llmz_compress(NULL, settings, text + 7, 50, &file) != LLMZ_OK) return failed("compress");
  if (file.size > 40) return 1;
  if (llmz_decompress(NULL, NULL, file.data, file.size, &again) != LLMZ_REFERENCE_MISSING) return 1;
  if (llmz_decompress(NULL, settings, file.data, file.size, &again) != LLMZ_OK)
    return failed("decompress");
  if (again.size != 50 || memcmp(again.data, text + 7, 50) != 0) return 1;
  llmz_buffer_free(&again);
  llmz_buffer_free(&file);
  if (llmz_settings_reference(settings, NULL, 0) != LLMZ_OK) return failed("no reference");
  if (llmz_settings_embed_model(settings, 1) != LLMZ_OK) return failed("embed");

  /* A progress function may stop the work. */
  for (i = 0; i < sizeof noise; ++i) noise[i] = (char)((state = state * 1103515245 + 12345) >> 28);
  if (llmz_settings_progress(settings, stop_at_once, &calls) != LLMZ_OK) return 1;
  if (llmz_compress(NULL, settings, noise, sizeof noise, &file) != LLMZ_INTERRUPTED) return 1;
  if (calls != 1) return 1;
  if (llmz_settings_progress(settings, NULL, NULL) != LLMZ_OK) return 1;

  /* Piece by piece. */
  if (llmz_compressor_new(NULL, settings, &stream) != LLMZ_OK) return failed("stream");
  for (i = 0; i < 3; ++i)
    if (llmz_compressor_feed(stream, text, sizeof text) != LLMZ_OK) return failed("feed");
  if (llmz_compressor_end(stream) != LLMZ_OK) return failed("end");
  if (llmz_compressor_drain(stream, &file) != LLMZ_OK) return failed("drain");
  if (llmz_compressor_feed(stream, text, 1) != LLMZ_USAGE) return 1;
  llmz_compressor_free(stream);
  if (llmz_decompress(NULL, NULL, file.data, file.size, &again) != LLMZ_OK)
    return failed("decompress");
  if (again.size != 3 * sizeof text) return 1;
  llmz_buffer_free(&again);
  llmz_buffer_free(&file);
  llmz_settings_free(settings);
  return 0;
}
