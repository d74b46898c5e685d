// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace llmz {

// Gives the calling thread its number of OpenMP threads back, which a ThreadTeam sets to one.
class OpenMpThreads {
 public:
  OpenMpThreads();
  ~OpenMpThreads();
  OpenMpThreads(const OpenMpThreads&) = delete;

 private:
  const int before_;
};

}  // namespace llmz
