// SPDX-License-Identifier: Apache-2.0
// Without MPI.
#include <cstdlib>

#include "base/processor.h"
#include "cluster/world.h"

namespace llmz {

struct World::Mpi {};

World::World(int processes) : processors_(usable_processors()) {
  if (processes < 1) return;
  throw Error(ErrorKind::kUsage,
              "was started as one of " + std::to_string(processes) +
                  " processes, and was built without MPI: all would do the same work. Build it "
                  "with -DLLMZ_MPI=ON; LLMZ_CLUSTER=off in the environment makes each a program "
                  "of its own");
}

World::~World() = default;

std::string World::name_of(int) const { return "this process"; }
void World::send(int, Tag, Bytes bytes) { Bytes().swap(bytes); }  // there is nobody
std::optional<Message> World::receive() { return std::nullopt; }
bool World::sending() { return false; }
void World::leave() {}
void World::abort(int status) { std::_Exit(status); }

}  // namespace llmz
