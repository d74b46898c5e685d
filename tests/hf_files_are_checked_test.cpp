// SPDX-License-Identifier: Apache-2.0
// Does every damaged or hostile safetensors file give an error that says what is wrong?
#include <catch2/catch.hpp>

#include "hf/json.h"
#include "hf/safetensors.h"
#include "hf_writer.h"
#include "temp_folder.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::string with_length(const std::string& header, const std::string& data) {
  Bytes length;
  append_le(length, header.size(), 8);
  return std::string(length.begin(), length.end()) + header + data;
}

// The error that opening these bytes gives.
std::string error_of(const std::string& bytes) {
  TempFolder folder;
  write_text(folder.file("x.safetensors"), bytes);
  try {
    hf::SafetensorsFile file(folder.file("x.safetensors"));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kModelBad);
    return error.what();
  }
  return "no error";
}

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

// The error of a file with 16 bytes of data and one tensor.
std::string error_of_tensor(const std::string& declaration) {
  return error_of(with_length("{\"a\":" + declaration + "}", std::string(16, 'x')));
}

}  // namespace

TEST_CASE("a well-formed file is read, other types and empty tensors included") {
  TempFolder folder;
  write_text(folder.file("x"), with_length("{\"b\":" + tensor("\"F32\"", "[2,1]", "[4,12]") +
                                               ",\"a\":" + tensor("\"BOOL\"", "[2,2]", "[0,4]") +
                                               ",\"e\":" + tensor("\"F16\"", "[0,7]", "[4,4]") +
                                               ",\"s\":" + tensor("\"I32\"", "[]", "[12,16]") +
                                               ",\"__metadata__\":{\"format\":\"pt\"}}   ",
                                           "boolfloatisint32"));
  const hf::SafetensorsFile file(folder.file("x"));
  REQUIRE(file.tensors().size() == 4);
  CHECK(file.tensors().at("a").bytes.text() == "bool");
  CHECK_FALSE(file.tensors().at("a").type);
  CHECK(file.tensors().at("b").bytes.text() == "floatisi");
  CHECK(file.tensors().at("b").type == hf::Type::kFloat32);
  CHECK(file.tensors().at("b").shape == std::vector<int64_t>{2, 1});
  CHECK(file.tensors().at("e").elements == 0);
  CHECK(file.tensors().at("s").elements == 1);
}

TEST_CASE("a file that is cut anywhere is an error") {
  const std::string whole =
      with_length("{\"a\":" + tensor("\"F32\"", "[2,2]", "[0,16]") + "}", std::string(16, 'x'));
  CHECK(error_of(whole) == "no error");
  for (size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_THAT(error_of(whole.substr(0, size)),
               Catch::Contains("not a safetensors file") || Catch::Contains("truncated"));
  }
}

TEST_CASE("a header that does not fit its file is an error") {
  for (uint64_t length :
       {uint64_t{3}, uint64_t{1} << 20, uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{0} - 7}) {
    Bytes bytes;
    append_le(bytes, length, 8);
    CHECK_THAT(error_of(std::string(bytes.begin(), bytes.end()) + "{}"),
               Catch::Contains("its header would have " + std::to_string(length)));
  }
  CHECK_THAT(error_of(with_length("{\"a\":", "")), Catch::Contains("not JSON"));
  CHECK_THAT(error_of(with_length("", "")), Catch::Contains("not JSON"));
  CHECK_THAT(error_of(with_length("[]", "")), Catch::Contains("not a JSON object"));
  CHECK_THAT(error_of(with_length("{\"a\":1e999}", "")), Catch::Contains("not JSON"));
  CHECK_THAT(error_of(with_length("{\"\xff\":1}", "")), Catch::Contains("not JSON"));
}

TEST_CASE("a header larger than 16 MiB is an error before it is parsed") {
  TempFolder folder;
  {
    std::ofstream file(folder.file("x"), std::ios::binary);
    Bytes length;
    append_le(length, 50'000'000, 8);
    file.write(reinterpret_cast<const char*>(length.data()), 8);
    file.seekp(60'000'000);  // a hole: takes no space
    file.put(0);
  }
  CHECK_THROWS_WITH(hf::SafetensorsFile(folder.file("x")),
                    Catch::Contains("16777216 are possible"));
}

TEST_CASE("JSON nested without end is an error, and overflows nothing") {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += open;
    CHECK_THAT(error_of(with_length(text, "")), Catch::Contains("nested deeper than 64"));
  }
  std::string deep;
  for (int i = 0; i < hf::kMaxJsonDepth; ++i) deep += '[';
  for (int i = 0; i < hf::kMaxJsonDepth; ++i) deep += ']';
  CHECK_NOTHROW(hf::parse_json(ByteView(deep), "x"));
}

TEST_CASE("a name twice is an error") {
  const std::string t = tensor("\"F32\"", "[4]", "[0,16]");
  CHECK_THAT(error_of(with_length("{\"a\":" + t + ",\"a\":" + t + "}", std::string(16, 'x'))),
             Catch::Contains("\"a\" is twice"));
  CHECK_THAT(error_of_tensor("{\"dtype\":\"F32\",\"dtype\":\"F32\"}"),
             Catch::Contains("\"dtype\" is twice"));
}

TEST_CASE("a declaration that says nonsense is an error that names the tensor and the member") {
  const std::vector<std::vector<std::string>> cases = {
      // declaration, what the message says
      {tensor("\"F32\"", "[4]", "[0,16]"), "no error"},
      {"7", "an object was expected"},
      {"{}", "dtype is missing"},
      {"{\"dtype\":\"F32\"}", "shape is missing"},
      {"{\"dtype\":\"F32\",\"shape\":[4]}", "data_offsets is missing"},
      {"{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16],\"more\":1}", "unexpected member"},
      {tensor("3", "[4]", "[0,16]"), "dtype must be a string"},
      {tensor("\"Q4_0\"", "[4]", "[0,16]"), "unknown type \"Q4_0\""},
      {tensor("\"F16\"", "[4]", "[0,16]"), "need 8 bytes, its data_offsets have 16"},
      {tensor("\"F32\"", "4", "[0,16]"), "shape must be an array"},
      {tensor("\"F32\"", "[-4]", "[0,16]"), "shapes must be integers from 0"},
      {tensor("\"F32\"", "[4.0]", "[0,16]"), "shapes must be integers from 0"},
      {tensor("\"F32\"", "[\"4\"]", "[0,16]"), "shapes must be integers from 0"},
      {tensor("\"F32\"", "[1,1,1,1,1,1,1,1,4]", "[0,16]"), "more than 8 dimensions"},
      {tensor("\"F32\"", "[4294967296,4294967296]", "[0,16]"), "more than 2^63 bytes"},
      {tensor("\"F32\"", "[4611686018427387905]", "[0,4]"), "more than 2^63 bytes"},
      {tensor("\"U8\"", "[18446744073709551615]", "[0,16]"), "more than 2^63 bytes"},
      {tensor("\"F32\"", "[0,18446744073709551615]", "[0,0]"), "more than 2^63 bytes"},
      {tensor("\"F32\"", "[1000000000000]", "[0,4000000000000]"), "ends at byte 4000000000000"},
      {tensor("\"F32\"", "[4]", "[0,16,32]"), "data_offsets must be two integers"},
      {tensor("\"F32\"", "[4]", "16"), "data_offsets must be two integers"},
      {tensor("\"F32\"", "[4]", "[-16,0]"), "data_offsets must be integers from 0"},
      {tensor("\"F32\"", "[4]", "[16,0]"), "data_offsets end before they begin"},
      {tensor("\"F32\"", "[4]", "[16,32]"), "ends at byte 32 of the data, which have 16"},
      {tensor("\"F32\"", "[4]", "[18446744073709551600,18446744073709551616]"),
       "data_offsets must"},
      {tensor("\"F32\"", "[2]", "[8,16]"), "the bytes between belong to none"},
      {tensor("\"F32\"", "[2]", "[0,8]"), "8 bytes behind the last tensor belong to none"},
  };
  for (const auto& c : cases) {
    CAPTURE(c[0]);
    const std::string error = error_of_tensor(c[0]);
    CHECK_THAT(error, Catch::Contains(c[1]));
    if (c[1] != "no error" && error.find("belong to none") == std::string::npos)
      CHECK_THAT(error, Catch::Contains("\"a\""));
  }
}

TEST_CASE("tensors that overlap are an error") {
  for (const char* second : {"[0,16]", "[4,20]", "[12,28]"}) {
    CHECK_THAT(error_of(with_length("{\"a\":" + tensor("\"F32\"", "[4]", "[0,16]") +
                                        ",\"b\":" + tensor("\"F32\"", "[4]", second) + "}",
                                    std::string(32, 'x'))),
               Catch::Contains("overlap"));
  }
}

TEST_CASE("names of any bytes are printed harmlessly") {
  CHECK_THAT(error_of_tensor("{\"\\u001b[31mred\\n\":1}"), Catch::Contains("\\u001b[31mred\\n"));
  const std::string error = error_of_tensor("{\"" + std::string(100'000, 'n') + "\":1}");
  CHECK(error.size() < 1000);
}

TEST_CASE("every changed byte of a small file is survived") {
  const std::string whole = with_length("{\"a\":" + tensor("\"F32\"", "[2,2]", "[0,16]") +
                                            ",\"b\":" + tensor("\"BF16\"", "[2]", "[16,20]") + "}",
                                        std::string(20, 'x'));
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int flip : {1, 2, 16, 128, 255}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      error_of(damaged);  // an Error or none; anything else fails the test
    }
  }
}

TEST_CASE("what is no regular file is an error") {
  TempFolder folder;
  CHECK_THROWS_AS(hf::SafetensorsFile(folder.path()), Error);
  CHECK_THROWS_AS(hf::SafetensorsFile("/dev/zero"), Error);
  CHECK_THROWS_WITH(hf::SafetensorsFile(folder.file("none")), Catch::Contains("No such file"));
}
