// SPDX-License-Identifier: Apache-2.0
#include <sched.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <list>
#include <vector>

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include "base/processor.h"
#include "cluster/world.h"

namespace llmz {

struct World::Mpi {
  struct Sent {
    Bytes bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  std::list<Sent> sent;  // and not known to have left
  std::vector<char> names;
};

namespace {

constexpr int kNameBytes = 64;

// What this process gets where others may run on the same processors: each is divided among those
// that may.
unsigned share_of_processors(MPI_Comm machine, int neighbours) {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (sched_getaffinity(0, sizeof mine, &mine) != 0) return 1;  // more than 1024 processors
  std::vector<cpu_set_t> all(static_cast<size_t>(neighbours));
  MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, machine);
  double share = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mine)) continue;
    int users = 0;
    for (const cpu_set_t& one : all) users += CPU_ISSET(cpu, &one) ? 1 : 0;
    share += 1.0 / users;
  }
  // A little more than what is lost in the sum.
  return std::clamp(static_cast<unsigned>(share + 1e-6), 1u, usable_processors());
}

}  // namespace

World::World(int processes) {
  if (processes < 1) {  // nobody has started it for MPI
    processors_ = usable_processors();
    return;
  }
  mpi_ = std::make_unique<Mpi>();
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  if (size_ != processes) {
    throw Error(ErrorKind::kUsage,
                "was started as one of " + std::to_string(processes) +
                    " processes, and MPI knows " + std::to_string(size_) +
                    ": the launcher belongs to another MPI (with Slurm, see srun --mpi=list); "
                    "LLMZ_CLUSTER=off in the environment makes each a program of its own");
  }
  MPI_Comm machine;
  int neighbours = 1;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &neighbours);
  neighbours_ = static_cast<unsigned>(neighbours);
  processors_ = share_of_processors(machine, neighbours);
  MPI_Comm_free(&machine);

  char name[MPI_MAX_PROCESSOR_NAME] = {};
  int length = 0;
  MPI_Get_processor_name(name, &length);
  name[std::min(length, kNameBytes - 1)] = 0;
  mpi_->names.resize(static_cast<size_t>(size_) * kNameBytes);
  MPI_Allgather(name, kNameBytes, MPI_CHAR, mpi_->names.data(), kNameBytes, MPI_CHAR,
                MPI_COMM_WORLD);
}

World::~World() = default;

std::string World::name_of(int rank) const {
  std::string name = "rank " + std::to_string(rank);
  if (mpi_) name += std::string(" on ") + &mpi_->names[static_cast<size_t>(rank) * kNameBytes];
  return name;
}

void World::send(int to, Tag tag, Bytes bytes) {
  if (bytes.size() > INT_MAX)
    throw Error(ErrorKind::kLimit,
                "a message of more than 2 GB: take smaller blocks (--block-size)");
  Mpi::Sent& sent = mpi_->sent.emplace_back();
  sent.bytes = std::move(bytes);
  MPI_Isend(sent.bytes.data(), static_cast<int>(sent.bytes.size()), MPI_BYTE, to,
            static_cast<int>(tag), MPI_COMM_WORLD, &sent.request);
}

bool World::sending() {
  if (!mpi_) return false;
  mpi_->sent.remove_if([](Mpi::Sent& sent) {
    int gone = 0;
    MPI_Test(&sent.request, &gone, MPI_STATUS_IGNORE);
    return gone != 0;
  });
  return !mpi_->sent.empty();
}

std::optional<Message> World::receive() {
  if (!mpi_) return std::nullopt;
  sending();
  int found = 0, size = 0;
  MPI_Message arriving;
  MPI_Status status;
  MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &found, &arriving, &status);
  if (!found) return std::nullopt;
  MPI_Get_count(&status, MPI_BYTE, &size);
  Message message{status.MPI_SOURCE, static_cast<Tag>(status.MPI_TAG),
                  Bytes(static_cast<size_t>(size))};
  MPI_Mrecv(message.bytes.data(), size, MPI_BYTE, &arriving, &status);
  return message;
}

void World::leave() {
  if (!mpi_) return;
  while (sending()) sched_yield();
  MPI_Finalize();
  mpi_.reset();
}

void World::abort(int status) {
  if (mpi_) MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);
}

}  // namespace llmz
