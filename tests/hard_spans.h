// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace llmz::test {

// What is known to be hard for sentencepiece or for the cutting into words.
inline const std::vector<std::string>& hard_spans() {
  static const std::vector<std::string> spans = {
      std::string(1, '\0'),
      "\xe2\x96\x81",              // U+2581, sentencepiece's space
      "\xe2\x96",                  // the same, cut short
      "\xef\xbb\xbf",              // byte order mark
      "\xef\xbf\xbd",              // U+FFFD, which sentencepiece puts for what it cannot read
      "\xed\xa0\x80\xed\xb0\x80",  // surrogates
      "\xc0\x80\xe0\x80\xaf",      // overlong
      "\xf4\x90\x80\x80\xff\xfe",  // beyond Unicode, and bytes that are never UTF-8
      "\xf0\x9f\x98\x80",          // four bytes
      "\xf0\x9f\x98",              // and cut short
      "\xf0\x9f",
      "\xe6\x97\xa5",                              // in the sample
      "e\xcc\x81",                                 // combining accent: must not be composed
      "\xef\xac\x81",                              // ligature: must not be divided
      "\xc2\xa0\xe3\x80\x80\xe2\x80\xa8\xc2\x85",  // spaces and line ends beyond ASCII
      "<unk>",
      "<s></s><pad>",
      "<0x41><0x0A>",
      "\x01\x02\x1f\x7f\x0b\x0c",
      "\r\n",
      "\r",
      "\n\n",
      "\t",
      " ",
      "  ",
      "                 ",
      "bagra lomi",
  };
  return spans;
}

}  // namespace llmz::test
