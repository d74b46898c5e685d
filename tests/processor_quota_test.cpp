// SPDX-License-Identifier: Apache-2.0
// Is the processor quota of a control group found, in both versions and in containers, and is no
// limit seen where there is none?
#include <sched.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/processor.h"
#include "temp_folder.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// A folder that stands for /.
class Root {
 public:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  std::optional<double> quota() const { return processor_quota(folder_.path()); }
  uint64_t memory_bytes() const { return usable_memory_bytes(folder_.path()); }

 private:
  TempFolder folder_;
};

}  // namespace

TEST_CASE("version 2: the least quota on the way to the root counts") {
  Root root;
  CHECK(!root.quota());
  root.write("/proc/self/cgroup", "0::/a/b");
  CHECK(!root.quota());
  root.write("/sys/fs/cgroup/a/b/cpu.max", "max 100000");
  CHECK(!root.quota());
  root.write("/sys/fs/cgroup/a/cpu.max", "150000 100000");
  CHECK(root.quota() == 1.5);
  root.write("/sys/fs/cgroup/a/b/cpu.max", "20000 100000");
  CHECK(root.quota() == 0.2);
  root.write("/sys/fs/cgroup/cpu.max", "10000 100000");
  CHECK(root.quota() == 0.1);
}

TEST_CASE("version 1: the group of the controller cpu, whichever it is mounted with") {
  for (const char* mount : {"cpu", "cpu,cpuacct"}) {
    Root root;
    root.write("/proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/a/b\n0::/");
    const std::string folder = std::string("/sys/fs/cgroup/") + mount + "/a/b";
    root.write(folder + "/cpu.cfs_quota_us", "-1");
    root.write(folder + "/cpu.cfs_period_us", "100000");
    CHECK(!root.quota());
    root.write(folder + "/cpu.cfs_quota_us", "250000");
    CHECK(root.quota() == 2.5);
  }
}

TEST_CASE("in a container the path is the host's, and the mount is the container's group") {
  Root two;
  two.write("/proc/self/cgroup", "0::/system.slice/docker-0123.scope");
  two.write("/sys/fs/cgroup/cpu.max", "50000 100000");
  CHECK(two.quota() == 0.5);
  Root one;
  one.write("/proc/self/cgroup", "4:cpu,cpuacct:/docker/0123");
  one.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000");
  one.write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  CHECK(one.quota() == 3);
}

TEST_CASE("what is not a quota is none") {
  for (const char* text : {"", "0 100000", "-1 100000", "x y", "100000 0", "100000"}) {
    Root root;
    root.write("/proc/self/cgroup", "0::/");
    root.write("/sys/fs/cgroup/cpu.max", text);
    CHECK(!root.quota());
  }
  Root root;
  root.write("/proc/self/cgroup", "nonsense");
  CHECK(!root.quota());
}

TEST_CASE("the affinity mask counts") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(allowed_processors() == static_cast<unsigned>(CPU_COUNT(&before)));
  CHECK(usable_processors() >= 1);
  CHECK(usable_processors() <= allowed_processors());
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!CPU_ISSET(i, &before)) continue;
    CPU_SET(i, &one);
    break;
  }
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(allowed_processors() == 1);
  CHECK(usable_processors() == 1);
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
}

TEST_CASE("the least limit of memory counts, of both versions") {
  Root root;
  const uint64_t machine = root.memory_bytes();
  CHECK(machine > 1 << 20);
  root.write("/proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/a/b\n0::/a/b");
  root.write("/sys/fs/cgroup/a/b/memory.max", "max");
  CHECK(root.memory_bytes() == machine);
  root.write("/sys/fs/cgroup/a/memory.max", "700000");
  CHECK(root.memory_bytes() == 700'000);
  root.write("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "9223372036854771712");
  CHECK(root.memory_bytes() == 700'000);
  root.write("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "600000");
  CHECK(root.memory_bytes() == 600'000);
}
