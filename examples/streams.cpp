// SPDX-License-Identifier: Apache-2.0
// Messages as they come, each of which the other side can read at once; and a progress function
// that may stop the work.
#include <llmz/llmz.h>

#include <cstdio>

int main() {
  try {
    llmz::CompressSettings settings;
    settings.set_level(1);
    const auto may_go_on = [](uint64_t) { /* throw llmz::Error(kInterrupted, ...) to stop */ };
    llmz::CompressStream sender(settings, llmz::default_models(), may_go_on);
    llmz::DecompressStream receiver;
    for (int number = 1; number <= 3; ++number) {
      const std::string message = "Message " + std::to_string(number) + " of three.\n";
      sender.feed(message);
      sender.flush();
      receiver.feed(sender.drain());
      const llmz::Bytes received = receiver.drain();
      std::printf("%s", std::string(llmz::ByteView(received).text()).c_str());
      if (llmz::ByteView(received).text() != message) return 1;
    }
    sender.end();
    receiver.feed(sender.drain());
    receiver.end();
    return receiver.drain().empty() && receiver.finished() ? 0 : 1;
  } catch (const llmz::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
