// SPDX-License-Identifier: Apache-2.0
// Bytes for the mixes to predict: files of this repository, and made-up ones that the contexts of
// the mixes are about, in pieces that follow each other without order.
#pragma once

#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace llmz::test {

class MixTexts {
 public:
  // source: the folder of the repository.
  explicit MixTexts(const std::string& source) {
    for (const char* name : {"docs/mixing.md", "README.md", "src/mix/rich_model.cpp",
                             "CMakePresets.json", "share/compression-and-intelligence.csv"}) {
      std::ifstream file(source + "/" + name, std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      files_.push_back(text.str());
    }
  }
  // False where the sources are not at hand.
  bool complete() const {
    for (const std::string& file : files_) {
      if (file.empty()) return false;
    }
    return true;
  }

  std::string of(std::mt19937& random, size_t size) const {
    std::string text;
    while (text.size() < size) text += piece(random, text);
    text.resize(size);
    return text;
  }

 private:
  std::string piece(std::mt19937& random, const std::string& before) const {
    switch (random() % 12) {
      case 0:
      case 1:
      case 2: {
        const std::string& file = files_[random() % files_.size()];
        return file.substr(random() % file.size(), 300 + random() % 2000);
      }
      case 3:
        return log(random);
      case 4:
        return json(random, 0) + "\n";
      case 5:
        return table(random);
      case 6:
        return markup(random);
      case 7:
        return odd_parts(random);
      case 8:
        return std::string(random() % 300, static_cast<char>(random() % 4 == 0 ? random() : 0));
      case 9:
        return noise(random);
      default:
        return with_changes(random, before);
    }
  }

  // Numbers that grow, fall below zero, have zeros before them or are too long.
  static std::string log(std::mt19937& random) {
    static const char* const kSteps[] = {"", " 0", " 00", " 99999999999999999", " -"};
    const std::string first = kSteps[random() % std::size(kSteps)];
    const long long step = static_cast<long long>(random() % 20) - 8;
    const char* const end = random() % 4 == 0 ? "\r\n" : "\n";
    long long number = static_cast<long long>(random() % 200);
    std::string lines;
    for (size_t i = 0, count = random() % 25; i < count; ++i) {
      number = std::max(number + (random() % 9 == 0 ? 3 : step), 0LL);
      lines += "[worker_" + std::to_string(random() % 3) + "] seq" + first +
               std::to_string(number) + (random() % 2 ? " done" : " failed: retry=1") + end;
    }
    return lines;
  }

  // Brackets up to some 40 deep, strings with escapes, keys that come again.
  static std::string json(std::mt19937& random, int depth) {
    static const char* const kKeys[] = {"\"id\"", "\"name\"", "\"a \\\"b\\\"\"", "\"x,y:z=1\""};
    switch (depth > 40 ? 3 : random() % 5) {
      case 0:
      case 1: {
        std::string object = "{";
        for (size_t i = 0, count = 1 + random() % 3; i < count; ++i)
          object += (i > 0 ? ", " : "") + std::string(kKeys[random() % std::size(kKeys)]) + ": " +
                    (i == 0 ? json(random, depth + 1) : std::to_string(random() % 1000));
        return object + "}";
      }
      case 2:
        return "[" + json(random, depth + 1) + ", " + json(random, depth + 20) + "]";
      case 3:
        return std::to_string(random() % 100'000);
      default:
        return kKeys[random() % std::size(kKeys)];
    }
  }

  static std::string table(std::mt19937& random) {
    const char separator = ",\t;"[random() % 3];
    std::string lines;
    for (size_t row = 0, rows = random() % 20; row < rows; ++row) {
      for (size_t cell = 0; cell < 5; ++cell) {
        if (random() % 5 != 0) lines += std::to_string(row * (cell + 1) + random() % 2);
        if (random() % 4 == 0) lines += "km";
        lines += cell < 4 ? separator : '\n';
      }
    }
    return lines;
  }

  static std::string markup(std::mt19937& random) {
    std::string text;
    for (size_t i = 0, count = random() % 12; i < count; ++i) {
      const std::string name(1, static_cast<char>('a' + random() % 3));
      text.append(random() % 6, ' ');
      text += "<" + name + " class=\"k" + std::to_string(random() % 5) + "\">";
      text += random() % 3 ? "word \xc3\xa4 Word</" + name + ">\n" : "<br/>";
    }
    return text;
  }

  // What never closes, never opens, and has no end.
  static std::string odd_parts(std::mt19937& random) {
    static const char* const kParts[] = {
        "{\"key\":", "<tag ", "</tag>", "}}]]", "\n",       "\r\n", ",,,", "99999999999999999999",
        "\t\t",      "a_b=",  "\"",     "\\\"", "[[[[[[[[", "/>"};
    std::string text;
    for (size_t i = 0, count = random() % 60; i < count; ++i)
      text += kParts[random() % std::size(kParts)];
    return text;
  }

  static std::string noise(std::mt19937& random) {
    std::string text(random() % 300, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
  }

  // Something from before, with bytes that differ.
  static std::string with_changes(std::mt19937& random, const std::string& before) {
    if (before.empty()) return "";
    std::string text = before.substr(random() % before.size(), 20 + random() % 1500);
    for (size_t i = random() % 4; i > 0; --i)
      text[random() % text.size()] = static_cast<char>(random());
    return text;
  }

  std::vector<std::string> files_;
};

}  // namespace llmz::test
