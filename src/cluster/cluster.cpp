// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster.h"

#include <exception>
#include <new>
#include <thread>

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

Cluster::Cluster(int processes) : world_(processes) {}

void Cluster::run(const Job& job, const Prepare& prepare,
                  const std::function<void(uint64_t item, Bytes result)>& take,
                  const Progress& progress) {
  Leader(*this, job, prepare, take, progress).run();
}

void Cluster::serve(const Prepare& prepare, const std::function<void()>& tick) {
  Member(*this, prepare).run(tick);
}

void Cluster::leave() {
  if (broken_) world_.abort(1);
  if (leads()) {
    Bytes nothing;
    append_varint(nothing, 0);
    for (int rank = 1; rank < world_.size(); ++rank) world_.send(rank, Tag::kEnd, nothing);
  }
  world_.leave();
}

}  // namespace llmz
