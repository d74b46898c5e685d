// SPDX-License-Identifier: Apache-2.0
// A large array of zeros that costs memory and time only where it is touched, until it is given
// large pages.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace llmz {

// AddressSanitizer sees what is beside memory of the heap. Large arrays would fill its quarantine.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kZerosOnHeapBytes = size_t{1} << 18;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr size_t kZerosOnHeapBytes = size_t{1} << 18;
#else
constexpr size_t kZerosOnHeapBytes = 0;
#endif
#else
constexpr size_t kZerosOnHeapBytes = 0;
#endif

// The table of a short text, which is used all over: its pages come at once. Page by page, read
// before they are written, they are a tenth of the time of a text of 1 KB.
constexpr size_t kFilledBytes = size_t{2} << 20;

// Elements are zero bytes at first; aligned to pages. Throws std::bad_alloc.
template <class T>
class ZeroMemory {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit ZeroMemory(size_t count) : count_(count), data_(zeros()) {}
  ~ZeroMemory() {
    if (is_on_heap()) {
      std::free(data_);
    } else {
      munmap(data_, size_bytes());
    }
  }
  // Of a shared array the copy costs memory and time where one of the two is changed from now on,
  // of others everywhere.
  ZeroMemory(const ZeroMemory& other) : count_(other.count_), shared_(other.shared_) {
    if (shared_) {
      data_ = map(MAP_PRIVATE, shared_->descriptor);
      return;
    }
    data_ = zeros();
    if (other.has_large_pages_) use_large_pages();
    std::memcpy(data_, other.data_, size_bytes());
  }
  ZeroMemory& operator=(const ZeroMemory&) = delete;

  // For an array that will be filled, before it is: pages of 2 MB where the system has them.
  void expect_large_pages() {
#if defined(MADV_HUGEPAGE)
    if (!is_on_heap()) madvise(data_, size_bytes(), MADV_HUGEPAGE);
#endif
  }

  // For an array that will be used all over: pages of 2 MB where the system has them, with what is
  // there already. Costs as much as copying the array.
  void use_large_pages() {
    if (is_on_heap()) return;
    has_large_pages_ = true;
    expect_large_pages();
#if defined(MADV_HUGEPAGE)
    constexpr int kCollapse = 25;  // MADV_COLLAPSE, Linux 6.1
    madvise(data_, size_bytes(), kCollapse);
#endif
  }

  // For an array that will be copied often and not be changed any more. Where the system cannot do
  // it, nothing changes.
  void share() {
    if (is_on_heap()) return;
    shared_.reset();
#if defined(MFD_CLOEXEC)
    const int descriptor = memfd_create("llmz", MFD_CLOEXEC);
    if (descriptor < 0) return;
    auto shared = std::make_shared<Shared>(descriptor);
    if (ftruncate(descriptor, static_cast<off_t>(size_bytes())) != 0) return;
    void* const memory =
        mmap(nullptr, size_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) return;
    copy_pages(reinterpret_cast<const char*>(data_), static_cast<char*>(memory), size_bytes());
    munmap(memory, size_bytes());
    // In the place of what is there now, so that pointers stay good.
    if (mmap(data_, size_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, descriptor, 0) ==
        MAP_FAILED)
      throw std::bad_alloc();
    shared_ = std::move(shared);
#endif
  }

  size_t size() const { return count_; }
  T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  struct Shared {
    explicit Shared(int d) : descriptor(d) {}
    ~Shared() { close(descriptor); }
    const int descriptor;
  };

  // Zeros into zeros: pages that hold nothing else stay untouched.
  static void copy_pages(const char* from, char* to, size_t size_bytes) {
    constexpr size_t kPage = 4096;
    static constexpr char kZeros[kPage] = {};
    for (size_t at = 0; at < size_bytes; at += kPage) {
      const size_t size = std::min(kPage, size_bytes - at);
      if (std::memcmp(from + at, kZeros, size) != 0) std::memcpy(to + at, from + at, size);
    }
  }

  size_t size_bytes() const { return count_ * sizeof(T); }
  bool is_on_heap() const { return size_bytes() <= kZerosOnHeapBytes; }
  T* zeros() const {
    if (!is_on_heap()) return map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    void* memory = nullptr;
    if (posix_memalign(&memory, 4096, size_bytes()) != 0) throw std::bad_alloc();
    std::memset(memory, 0, size_bytes());
    return static_cast<T*>(memory);
  }
  T* map(int flags, int descriptor) const {
#if defined(MAP_POPULATE)
    if (descriptor < 0 && size_bytes() <= kFilledBytes) flags |= MAP_POPULATE;
#endif
    void* const memory = mmap(nullptr, size_bytes(), PROT_READ | PROT_WRITE, flags, descriptor, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }

  size_t count_;
  T* data_;
  bool has_large_pages_ = false;
  std::shared_ptr<const Shared> shared_;  // what copies begin with
};

}  // namespace llmz
