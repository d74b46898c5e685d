// SPDX-License-Identifier: Apache-2.0
#include "cluster/leader.h"

#include <algorithm>
#include <utility>

#include "cluster/packing.h"

namespace llmz {
namespace {

using std::chrono::seconds;

constexpr uint64_t kPreparing = ~uint64_t{0};
constexpr uint64_t kAhead = 8;
// A message that is long leaves in pieces.
constexpr std::chrono::microseconds kLookEvery{2000}, kSendEvery{200};

}  // namespace

Leader::Leader(Cluster& cluster, const Job& job, const Prepare& prepare, const Take& take,
               const Progress& progress)
    : cluster_(cluster),
      world_(cluster.world_),
      job_(job),
      prepare_(prepare),
      take_(take),
      progress_(progress),
      others_(static_cast<size_t>(world_.size()), Other{Clock::now()}) {
  ++cluster_.job_number_;
  for (uint64_t item = 0; item < job.items; ++item) {
    if (!job.is_done || !job.is_done(item)) {
      ++left_;
    } else {
      done_bytes_ += size_bytes(item);
    }
  }
}

Leader::~Leader() {
  if (ended_) return;
  pool_.stop();
  if (!cluster_.broken_) tell_all(Tag::kStop);
}

void Leader::tell_all(Tag tag) {
  Bytes message;
  append_varint(message, cluster_.job_number_);
  if (tag == Tag::kJob) append_bytes(message, job_.description);
  for (int rank = 1; rank < world_.size(); ++rank) world_.send(rank, tag, message);
}

void Leader::run() {
  if (left_ > 0) {
    tell_all(Tag::kJob);
    pool_.begin(kPreparing, [this](uint64_t, const Progress&) {
      own_ = prepare_(job_.description);
      return Bytes();
    });
  }
  while (left_ > 0) {
    report();
    hear();
    take_own();
    hand_out();
    check_others();
    pool_.wait(world_.sending() ? kSendEvery : kLookEvery);
  }
  ended_ = true;
}

void Leader::hear() {
  while (const std::optional<Message> message = world_.receive()) {
    others_[static_cast<size_t>(message->from)].heard = Clock::now();
    hear(*message);
  }
}

void Leader::hear(const Message& message) {
  ByteReader in(message.bytes, ErrorKind::kInternal);
  if (in.varint("number of a job") != cluster_.job_number_) return;
  Other& other = others_[static_cast<size_t>(message.from)];
  switch (message.tag) {
    case Tag::kFailed:
      fail(message.from, unpacked_error(in));
    case Tag::kReady:
      add_room(message.from, in.varint("items at once"));
      break;
    case Tag::kResult: {
      const uint64_t item = in.varint("number of an item");
      const ByteView result = in.take(in.remaining(), "result");
      free_.push_back(message.from);
      other.done_bytes -= std::min(other.done_bytes, size_bytes(item));
      arrived(item, Bytes(result.begin(), result.end()));
      break;
    }
    case Tag::kAlive:
      other.done_bytes = in.varint("bytes done");
      break;
    default:
      throw Error(ErrorKind::kInternal, "a message that only the leader sends");
  }
}

void Leader::take_own() {
  while (std::optional<Pool::Done> done = pool_.take_done()) {
    if (done->error) fail(0, error_of(done->error));
    if (done->item == kPreparing) {
      add_room(0, own_.at_once);
      continue;
    }
    free_.push_back(0);
    arrived(done->item, std::move(done->result));
  }
}

void Leader::add_room(int rank, uint64_t items) {
  free_.insert(free_.end(), static_cast<size_t>(items), rank);
  room_ += items;
}

void Leader::arrived(uint64_t item, Bytes result) {
  take_(item, std::move(result));
  --left_;
  done_bytes_ += size_bytes(item);
  arrived_beyond_.insert(item);
}

uint64_t Leader::size_bytes(uint64_t item) const {
  return job_.size_bytes ? job_.size_bytes(item) : 0;
}

// nullopt where the next one would be too far ahead, or there is none.
std::optional<uint64_t> Leader::next_item() {
  const auto done_before = [&](uint64_t item) { return job_.is_done && job_.is_done(item); };
  while (ahead_ < job_.items && (arrived_beyond_.erase(ahead_) > 0 || done_before(ahead_)))
    ++ahead_;
  while (next_ < job_.items && done_before(next_)) ++next_;
  const bool too_far = job_.bounded && next_ >= ahead_ + room_ + kAhead;
  if (next_ >= job_.items || too_far) return std::nullopt;
  return next_++;
}

void Leader::hand_out() {
  while (!free_.empty()) {
    const std::optional<uint64_t> item = next_item();
    if (!item) return;
    const int rank = free_.front();
    free_.pop_front();
    if (rank == 0) {
      pool_.begin(*item, own_.work);
      continue;
    }
    Bytes message;
    append_varint(message, cluster_.job_number_);
    append_varint(message, *item);
    world_.send(rank, Tag::kItem, std::move(message));
  }
}

// Who was silent for long, and not because nobody has listened.
void Leader::check_others() {
  const Clock::time_point now = Clock::now();
  const auto since_last_look = now - std::exchange(looked_, now);
  const seconds most = patience();
  for (int rank = 1; rank < world_.size(); ++rank) {
    Other& other = others_[static_cast<size_t>(rank)];
    other.heard += since_last_look > seconds(1) ? since_last_look : Clock::duration(0);
    if (now - other.heard < most) continue;
    cluster_.broken_ = true;
    fail(rank, Error(ErrorKind::kIo,
                     "has not answered for " + std::to_string(most.count()) +
                         " s: the process or its machine is dead, or the network between"));
  }
}

void Leader::report() {
  if (!progress_) return;
  uint64_t done = done_bytes_ + pool_.done_bytes();
  for (const Other& other : others_) done += other.done_bytes;
  progress_(done);
}

void Leader::fail(int rank, const Error& error) const {
  if (world_.size() == 1) throw Error(error);
  throw Error(error.kind(), world_.name_of(rank) + ": " + error.what());
}

}  // namespace llmz
