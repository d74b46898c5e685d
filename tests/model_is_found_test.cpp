// SPDX-License-Identifier: Apache-2.0
// Is a model found by name, path and fingerprint, and does the message tell what was looked for?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::string hexadecimal(uint64_t value, int digits) {
  char digits_of[17];
  std::snprintf(digits_of, sizeof digits_of, "%0*llx", digits,
                static_cast<unsigned long long>(value));
  return digits_of;
}

struct Folders {
  Folders() {
    write_file(first.file("one.llmzmodel"), tiny_model_file(bytes_only_tokenizer(), 1));
    write_file(second.file("one.llmzmodel"), tiny_model_file(bytes_only_tokenizer(), 2));
    write_file(second.file("two.llmzmodel"), tiny_model_file(bytes_only_tokenizer(), 3));
    write_file(second.file("notes.txt"), ByteView("not a model"));
    write_file(second.file("damaged.llmzmodel"), ByteView("LLMZMODL, and then nothing of use"));
  }
  Models models() const { return Models({first.path(), "/nowhere/at/all", second.path()}); }
  TempFolder first, second;
};

template <class Action>
std::string message_of(ErrorKind kind, Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  FAIL("no error");
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a name is found in the first folder that has it") {
  const Folders f;
  const Models models = f.models();
  const ModelInfo one = models.find("one"), two = models.find("two");
  CHECK(one.path == f.first.file("one.llmzmodel"));
  CHECK(two.path == f.second.file("two.llmzmodel"));
  CHECK(one.name == "one");
  CHECK(one.fingerprint != two.fingerprint);
  CHECK(one.size_bytes == std::filesystem::file_size(one.path));
  const auto loaded = load_model(one.path);
  CHECK(loaded->fingerprint == one.fingerprint);
  uint64_t parameters = 0;
  const ExactModel& m = loaded->exact;
  for (const IntegerMatrix* matrix : {&m.embedding, &m.previous, &m.head, &m.pairs})
    parameters += matrix->weight.size();
  for (const ExactLayer& l : m.layers) {
    for (const IntegerMatrix* matrix :
         {&l.query, &l.key, &l.value, &l.output, &l.up, &l.down, &l.value_embedding})
      parameters += matrix->weight.size();
    parameters += 3 + l.attention_multiplier.size();  // the scalars
  }
  CHECK(one.parameters == parameters);
  CHECK(contains(one.description, "vocabulary 256"));
}

TEST_CASE("a path and a fingerprint are found") {
  const Folders f;
  const Models models = f.models();
  const ModelInfo two = models.find("two"), hidden = models.find(f.second.file("one.llmzmodel"));
  CHECK(hidden.fingerprint != models.find("one").fingerprint);
  CHECK(models.find(hexadecimal(two.fingerprint, 16)).path == two.path);
  CHECK(models.find(two.fingerprint, false).path == two.path);
  CHECK(models.find(two.fingerprint & 0xffffffff, true).path == two.path);
  CHECK(models.find(two.fingerprint, true).path == two.path);
  // A model that another of its name stands before is still found by what it is.
  CHECK(models.find(hidden.fingerprint, true).path == hidden.path);
}

TEST_CASE("the list has every sound model, and nothing else") {
  const Folders f;
  const std::vector<ModelInfo> all = f.models().list();
  REQUIRE(all.size() == 3);
  CHECK(all[0].path == f.first.file("one.llmzmodel"));
  CHECK(all[1].path == f.second.file("one.llmzmodel"));
  CHECK(all[2].path == f.second.file("two.llmzmodel"));
  CHECK(Models({}).list().empty());
}

TEST_CASE("a folder that is called like a model file does no harm") {
  const Folders f;
  std::filesystem::create_directory(f.first.file("a-folder.llmzmodel"));
  CHECK(f.models().list().size() == 3);
  CHECK(kind_of_error([&] { f.models().find("a-folder"); }).has_value());
}

TEST_CASE("what is missing is named, with the folders") {
  const Folders f;
  const Models models = f.models();
  const uint64_t unknown = 0x1234567890abcdef;
  for (const std::string& message :
       {message_of(ErrorKind::kModelMissing, [&] { models.find(unknown, false); }),
        message_of(ErrorKind::kModelMissing, [&] { models.find("1234567890abcdef"); }),
        message_of(ErrorKind::kModelMissing, [&] { models.find("nobody"); })}) {
    CHECK(contains(message, f.first.path()));
    CHECK(contains(message, f.second.path()));
    CHECK((contains(message, "1234567890abcdef") || contains(message, "nobody")));
  }
  CHECK(contains(message_of(ErrorKind::kModelMissing, [&] { models.find(unknown, true); }),
                 "90abcdef"));
  CHECK(contains(message_of(ErrorKind::kModelMissing, [&] { models.find("nobody"); }), "two"));
  CHECK(kind_of_error([&] { models.find(f.first.file("none.llmzmodel")); }) == ErrorKind::kIo);
  CHECK(contains(message_of(ErrorKind::kModelBad, [&] { models.find("damaged"); }),
                 f.second.file("damaged.llmzmodel")));
}

TEST_CASE("LLMZ_MODELS comes first") {
  const Folders f;
  const char* before = std::getenv("LLMZ_MODELS");
  const std::string kept = before ? before : "";
  setenv("LLMZ_MODELS", (f.second.path() + "::" + f.first.path()).c_str(), 1);
  const Models models = Models::installed();
  before ? setenv("LLMZ_MODELS", kept.c_str(), 1) : unsetenv("LLMZ_MODELS");
  REQUIRE(models.folders().size() > 2);
  CHECK(models.folders()[0] == f.second.path());
  CHECK(models.folders()[1] == f.first.path());
  CHECK(models.find("one").path == f.second.file("one.llmzmodel"));
}
