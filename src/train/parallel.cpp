// SPDX-License-Identifier: Apache-2.0
#include "train/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace llmz::train {

void parallel(size_t threads, size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::vector<std::thread> team;
  std::vector<std::exception_ptr> errors(std::min(threads, count));
  for (std::exception_ptr& error : errors) {
    team.emplace_back([&] {
      at::set_num_threads(1);
      try {
        for (size_t i = next++; i < count; i = next++) work(i);
      } catch (...) {
        error = std::current_exception();
      }
    });
  }
  for (std::thread& thread : team) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace llmz::train
