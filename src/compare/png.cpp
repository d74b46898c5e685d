// SPDX-License-Identifier: Apache-2.0
// PNG, through libpng: the bytes are gray pixels.
#include <png.h>

#include <csetjmp>

#include "compare/pump.h"

namespace llmz {
namespace {

// Errors of libpng arrive by longjmp, which must not cross objects with destructors: every call of
// libpng stands alone in a step, and steps have trivial variables only.
template <class Step>
void guarded(png_structp png, Step&& step) {
  if (setjmp(png_jmpbuf(png))) fail_in_library("libpng", "bad image or no memory");
  step();
}

void ignore(png_structp, png_const_charp) {}
void leave(png_structp png, png_const_charp) { png_longjmp(png, 1); }

struct Writer {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, leave, ignore);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  Bytes out;

  Writer() {
    if (!info) throw std::bad_alloc();
    png_set_write_fn(png, this, append, [](png_structp) {});
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }

  static void append(png_structp png, png_bytep data, size_t size) {
    Bytes& out = static_cast<Writer*>(png_get_io_ptr(png))->out;
    out.insert(out.end(), data, data + size);
  }
};

struct Reader {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, leave, ignore);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  ByteView left;

  explicit Reader(ByteView file) : left(file) {
    if (!info) throw std::bad_alloc();
    png_set_read_fn(png, this, take);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }

  static void take(png_structp png, png_bytep data, size_t size) {
    ByteView& left = static_cast<Reader*>(png_get_io_ptr(png))->left;
    if (size > left.size) png_error(png, "ends too early");
    std::copy(left.begin(), left.begin() + size, data);
    left = left.subview(size, left.size - size);
  }
};

Bytes compress(ByteView content, uint32_t asked_width, const CompareProgress& progress) {
  if (content.size == 0) return {};  // there is no PNG without a pixel
  const size_t width = std::min<size_t>(asked_width, content.size);
  const size_t height = (content.size + width - 1) / width;
  if (height > PNG_USER_HEIGHT_MAX)
    throw Error(ErrorKind::kUsage,
                "libpng takes " + std::to_string(PNG_USER_HEIGHT_MAX) +
                    " rows, and this would be " + std::to_string(height) +
                    ": give --images a larger width, or cut the file with --chunk");
  Writer writer;
  Bytes row(width);
  guarded(writer.png, [&] {
    png_set_compression_level(writer.png, 9);
    png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(width),
                 static_cast<png_uint_32>(height), 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer.png, writer.info);
  });
  for (size_t done = 0; done < content.size; done += width) {
    const size_t count = std::min(width, content.size - done);
    std::copy_n(content.data + done, count, row.begin());
    std::fill(row.begin() + static_cast<long>(count), row.end(), uint8_t{0});
    guarded(writer.png, [&] { png_write_row(writer.png, row.data()); });
    if (progress) progress(done + count);
  }
  guarded(writer.png, [&] { png_write_end(writer.png, writer.info); });
  return std::move(writer.out);
}

Bytes decompress(ByteView compressed, uint64_t content_bytes, const CompareProgress& progress) {
  if (content_bytes == 0) return {};
  Reader reader(compressed);
  guarded(reader.png, [&] { png_read_info(reader.png, reader.info); });
  const size_t width = png_get_image_width(reader.png, reader.info);
  const size_t height = png_get_image_height(reader.png, reader.info);
  if (png_get_rowbytes(reader.png, reader.info) != width || width * height < content_bytes)
    fail_in_library("libpng", "an image of another shape");
  Bytes out(width * height);
  for (size_t row = 0; row < height; ++row) {
    guarded(reader.png, [&] { png_read_row(reader.png, out.data() + row * width, nullptr); });
    if (progress) progress(std::min<uint64_t>((row + 1) * width, content_bytes));
  }
  out.resize(content_bytes);
  return out;
}

}  // namespace

Compressor png_compressor(uint32_t width) {
  return {"PNG, width " + std::to_string(width),
          [width](ByteView content, const CompareProgress& progress) {
            return compress(content, width, progress);
          },
          decompress};
}

}  // namespace llmz
