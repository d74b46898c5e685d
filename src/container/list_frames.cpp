// SPDX-License-Identifier: Apache-2.0
// What a file says about itself, from its beginning to its end.
#include "container/caller.h"
#include "container/frame_memory.h"
#include "container/frame_reader.h"

namespace llmz {

const char* method_name(Method method) {
  static const char* const kNames[kMethods] = {
      "stored",          "LZMA2",      "mix",
      "network and mix", "network",    "rich mix",
      "copies",          "samples",    "network and rich mix",
      "reserved",        "rich mix 2", "network and rich mix 2"};
  return kNames[static_cast<size_t>(method)];
}

namespace {

FrameInfo start_of(const FrameHeader& header) {
  FrameInfo info;
  info.offset = header.offset;
  info.needs_model = header.needs_model;
  info.fingerprint_low = header.fingerprint_low;
  info.reference_check = header.reference_check;
  info.carried_model_bytes = header.carried_bytes;
  if (const auto& coder = header.coder)
    info.coder = FrameInfo::Coder{coder->lanes, coder->head_learning, coder->memory_bits};
  return info;
}

void walk(ByteSource& source, const std::function<void(const FrameInfo&)>& visit) {
  FrameReader reader(source);
  while (const std::optional<FrameHeader> header = reader.next_frame()) {
    FrameInfo info = start_of(*header);
    FrameMemory memory(*header);
    while (const std::optional<Round> round = reader.next_round()) {
      ++info.rounds;
      info.content_bytes_by_method[static_cast<size_t>(round->method)] += round->content_size_bytes;
      info.payload_size_bytes += round->payload.size();
      memory.add(round->method, round->content_size_bytes, round->payload.size());
    }
    info.content_size_bytes = reader.content_size_bytes();
    info.content_check = reader.content_check();
    info.compressed_size_bytes = reader.position() - header->offset;
    info.memory_bytes = memory.bytes();
    visit(info);
  }
}

}  // namespace

void for_each_frame(ByteSource& source, const std::function<void(const FrameInfo&)>& visit) {
  Caller caller;
  caller.in([&] {
    CallerSource callers(caller, source);
    walk(callers, [&](const FrameInfo& frame) { caller.out([&] { visit(frame); }); });
  });
}

std::vector<FrameInfo> list_frames(ByteSource& source) {
  Caller caller;
  return caller.in([&] {
    std::vector<FrameInfo> frames;
    CallerSource callers(caller, source);
    walk(callers, [&](const FrameInfo& frame) { frames.push_back(frame); });
    return frames;
  });
}

std::vector<FrameInfo> list_frames(ByteView file) {
  MemorySource source(file);
  return list_frames(source);
}

}  // namespace llmz
