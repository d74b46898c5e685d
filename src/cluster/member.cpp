// SPDX-License-Identifier: Apache-2.0
#include "cluster/member.h"

#include <algorithm>

#include "cluster/packing.h"

namespace llmz {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kPreparing = ~uint64_t{0};
constexpr std::chrono::microseconds kLookEvery{2000}, kSendEvery{200};

// The more there are, the less each says.
milliseconds sign_every(int processes) { return milliseconds(1000 + 5 * processes); }

}  // namespace

void Member::run(const std::function<void()>& tick) {
  for (;;) {
    tick();
    while (const std::optional<Message> message = world_.receive()) {
      if (!hear(*message)) return;
    }
    send_done();
    send_alive();
    pool_.wait(world_.sending() ? kSendEvery : kLookEvery);
  }
}

bool Member::hear(const Message& message) {
  ByteReader in(message.bytes, ErrorKind::kInternal);
  switch (message.tag) {
    case Tag::kEnd:
      pool_.stop();
      world_.send(0, Tag::kGone, {});
      return false;
    case Tag::kJob:
      job_number_ = in.varint("number of a job");
      begin_job(take_bytes(in));
      return true;
    case Tag::kStop:
      pool_.stop();
      return true;
    case Tag::kItem:
      in.varint("number of a job");
      pool_.begin(in.varint("number of an item"), share_.work);
      return true;
    default:
      throw Error(ErrorKind::kInternal, "a message that is for the leader");
  }
}

void Member::begin_job(ByteView description) {
  pool_.stop();
  description_.assign(description.begin(), description.end());
  pool_.begin(kPreparing, [this](uint64_t, const Progress&) {
    share_ = prepare_(description_);
    return Bytes();
  });
}

Bytes Member::of_job() const {
  Bytes message;
  append_varint(message, job_number_);
  return message;
}

void Member::send_done() {
  while (const std::optional<Pool::Done> done = pool_.take_done()) {
    Bytes message = of_job();
    if (done->error) {
      const Bytes error = packed(error_of(done->error));
      message.insert(message.end(), error.begin(), error.end());
      world_.send(0, Tag::kFailed, std::move(message));
    } else if (done->item == kPreparing) {
      append_varint(message, share_.at_once);
      world_.send(0, Tag::kReady, std::move(message));
    } else {
      append_varint(message, done->item);
      message.insert(message.end(), done->result.begin(), done->result.end());
      world_.send(0, Tag::kResult, std::move(message));
    }
  }
}

void Member::send_alive() {
  const Clock::time_point now = Clock::now();
  if (now < next_sign_) return;
  next_sign_ = now + sign_every(world_.size());
  Bytes message = of_job();
  append_varint(message, pool_.done_bytes());
  world_.send(0, Tag::kAlive, std::move(message));
}

}  // namespace llmz
