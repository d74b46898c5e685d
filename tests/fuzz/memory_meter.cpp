// SPDX-License-Identifier: Apache-2.0
#include "memory_meter.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<uint64_t> now{0}, most{0};

void count(void* memory) {
  const uint64_t sum = now += malloc_usable_size(memory);
  for (uint64_t seen = most; seen < sum && !most.compare_exchange_weak(seen, sum);) {
  }
}

void* counted(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  count(memory);
  return memory;
}

void give_back(void* memory) {
  if (memory == nullptr) return;
  now -= malloc_usable_size(memory);
  std::free(memory);
}

size_t rounded(size_t size, std::align_val_t alignment) {
  const size_t unit = static_cast<size_t>(alignment);
  return (size + unit - 1) / unit * unit;
}

}  // namespace

namespace llmz::fuzz {

uint64_t heap_bytes() { return now; }
uint64_t most_heap_bytes() { return most; }
void restart_most_heap_bytes() { most = now.load(); }

}  // namespace llmz::fuzz

void* operator new(size_t size) { return counted(std::malloc(size > 0 ? size : 1)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory != nullptr) count(memory);
  return memory;
}
void* operator new(size_t size, std::align_val_t alignment) {
  return counted(std::aligned_alloc(static_cast<size_t>(alignment), rounded(size, alignment)));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, size_t) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { give_back(memory); }
