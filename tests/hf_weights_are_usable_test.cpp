// SPDX-License-Identifier: Apache-2.0
// Is a checkpoint refused, by name, whose weights are infinite, or are no weights at all but what a
// failed download leaves?
#include <catch2/catch.hpp>
#include <fstream>

#include "hf/checkpoint.h"
#include "hf_writer.h"
#include "temp_folder.h"

using namespace llmz;
using namespace llmz::test;

namespace {

template <class Work>
std::string error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kModelBad);
    return error.what();
  }
  return "no error";
}

// Sets the bytes of the last element of the file's data, or those before it.
void overwrite_end(const std::string& path, const std::string& bytes, size_t elements_before) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-static_cast<std::streamoff>(bytes.size() * (1 + elements_before)), std::ios::end);
  file << bytes;
  REQUIRE(file.flush().good());
}

const std::pair<const char*, const char*> kWrongFiles[] = {
    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "Git LFS pointer"},
    {"<!DOCTYPE html>\n<html><body>404</body></html>", "web page"},
    {"\xef\xbb\xbf\r\n <HTML lang=en>", "web page"},
    {"PK\x03\x04 and so on, at length", "zip archive"},
    {"GGUF\x03 and so on, at length", "GGUF"}};

}  // namespace

TEST_CASE("a weight that is not finite, of any type, anywhere, is refused by its tensor's name") {
  const std::pair<Stored, std::string> kBad[] = {
      {Stored::kF32, std::string("\x00\x00\x80\x7f", 4)},  // +inf
      {Stored::kF32, std::string("\x00\x00\x80\xff", 4)},  // -inf
      {Stored::kF32, std::string("\x01\x00\x80\x7f", 4)},  // nan
      {Stored::kF16, std::string("\x00\x7c", 2)},
      {Stored::kF16, std::string("\x01\xfe", 2)},
      {Stored::kBF16, std::string("\x80\x7f", 2)},
      {Stored::kBF16, std::string("\xc0\xff", 2)}};
  const std::pair<Stored, std::string> kGood[] = {
      {Stored::kF32, std::string("\xff\xff\x7f\x7f", 4)},  // the largest
      {Stored::kF32, std::string("\x01\x00\x00\x00", 4)},  // the smallest
      {Stored::kF16, std::string("\xff\x7b", 2)},
      {Stored::kBF16, std::string("\x7f\xff", 2)}};
  RandomModel model;
  const auto tensors = model.tensors();
  const auto opened = [&](const std::pair<Stored, std::string>& value, size_t before) {
    TempFolder folder;
    write_text(folder.file("config.json"), model.config());
    write_safetensors(folder.file("model.safetensors"), tensors, value.first);
    overwrite_end(folder.file("model.safetensors"), value.second, before);
    hf::Checkpoint::open(folder.path());
  };
  for (const auto& bad : kBad) {
    for (size_t before : {0, 1}) {
      const std::string error = error_of([&] { opened(bad, before); });
      CHECK_THAT(error, Catch::Contains("infinite or not a number"));
    }
    CHECK_THAT(error_of([&] { opened(bad, 0); }), Catch::Contains(tensors.back().name));
  }
  for (const auto& good : kGood) CHECK_NOTHROW(opened(good, 0));
}

TEST_CASE("what is often found in place of a file is told by its name") {
  RandomModel model;
  for (const auto& [content, name] : kWrongFiles) {
    CAPTURE(name);
    TempFolder folder;
    write_text(folder.file("config.json"), model.config());
    write_text(folder.file("model.safetensors"), content);
    CHECK_THAT(error_of([&] { hf::Checkpoint::open(folder.path()); }), Catch::Contains(name));
    write_text(folder.file("config.json"), content);
    CHECK_THAT(error_of([&] { hf::Checkpoint::open(folder.path()); }), Catch::Contains(name));
  }
}
