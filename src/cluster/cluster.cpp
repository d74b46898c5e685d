// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster.h"

#include <cstdlib>
#include <exception>
#include <new>
#include <thread>

#include "base/size_text.h"
#include "cluster/leader.h"
#include "cluster/member.h"
#include "cluster/packing.h"

namespace llmz {

Error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& e) {
    return e;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::kOutOfMemory, "memory ran out");
  } catch (const std::exception& e) {
    return Error(ErrorKind::kInternal, e.what());
  }
}

std::chrono::seconds patience() {
  const char* text = std::getenv("LLMZ_CLUSTER_PATIENCE");
  return std::chrono::seconds(text ? parse_number(text, 1'000'000).value_or(120) : 120);
}

Cluster::Cluster(int processes) : world_(processes) {}

void Cluster::run(const Job& job, const Prepare& prepare,
                  const std::function<void(uint64_t item, Bytes result)>& take,
                  const Progress& progress) {
  Leader(*this, job, prepare, take, progress).run();
}

void Cluster::serve(const Prepare& prepare, const std::function<void()>& tick) {
  Member(*this, prepare).run(tick);
}

// What the others have sent must be taken before MPI ends: a result of a job that was stopped may
// be on its way.
void Cluster::leave() {
  if (broken_) world_.abort(1);
  int others = leads() ? world_.size() - 1 : 0;
  for (int rank = 1; rank <= others; ++rank) world_.send(rank, Tag::kEnd, {});
  const auto last_look = std::chrono::steady_clock::now() + patience();
  while (others > 0) {
    if (std::chrono::steady_clock::now() > last_look) world_.abort(1);
    while (const std::optional<Message> message = world_.receive())
      others -= message->tag == Tag::kGone ? 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  world_.leave();
}

}  // namespace llmz
