// SPDX-License-Identifier: Apache-2.0
// A large array of zeros that costs memory and time only where it is touched, until it is given
// large pages.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace llmz {

// Elements are zero bytes at first; aligned to pages. Throws std::bad_alloc.
template <class T>
class ZeroMemory {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit ZeroMemory(size_t count) : count_(count) {
    void* const memory = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<T*>(memory);
  }
  ~ZeroMemory() { munmap(data_, count_ * sizeof(T)); }
  // Costs memory and time for all of it.
  ZeroMemory(const ZeroMemory& other) : ZeroMemory(other.count_) {
    if (other.has_large_pages_) use_large_pages();
    std::memcpy(data_, other.data_, count_ * sizeof(T));
  }
  ZeroMemory& operator=(const ZeroMemory&) = delete;

  // For an array that will be used all over: pages of 2 MB where the system has them, with what is
  // there already. Costs as much as copying the array.
  void use_large_pages() {
    has_large_pages_ = true;
#if defined(MADV_HUGEPAGE)
    constexpr int kCollapse = 25;  // MADV_COLLAPSE, Linux 6.1
    madvise(data_, count_ * sizeof(T), MADV_HUGEPAGE);
    madvise(data_, count_ * sizeof(T), kCollapse);
#endif
  }

  size_t size() const { return count_; }
  T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  size_t count_;
  T* data_;
  bool has_large_pages_ = false;
};

}  // namespace llmz
