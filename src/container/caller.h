// SPDX-License-Identifier: Apache-2.0
// The border between llmz and its caller: what llmz throws is an Error, and what the caller's own
// sources, sinks and callbacks throw comes back to the caller as it was.
#pragma once

#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/openmp_threads.h"
#include "llmz/compress.h"

namespace llmz {

// Made before it is needed: where memory has run out, none is left for its message.
inline const Error& out_of_memory() {
  static const Error error(ErrorKind::kOutOfMemory, "memory ran out");
  return error;
}

class Caller {
 public:
  Caller() { out_of_memory(); }

  // Into the caller's code.
  template <class Call>
  auto out(Call&& call) -> decltype(call()) {
    try {
      return call();
    } catch (...) {
      thrown_ = std::current_exception();
      throw;
    }
  }

  // From it.
  template <class Work>
  auto in(Work&& work) -> decltype(work()) {
    const OpenMpThreads callers;
    try {
      return work();
    } catch (const Error&) {
      throw;
    } catch (const std::bad_alloc&) {
      rethrow_own();
      throw Error(out_of_memory());
    } catch (const std::system_error& e) {  // files, folders, threads
      rethrow_own();
      throw Error(ErrorKind::kIo, e.what());
    } catch (const std::exception& e) {  // of a library below
      rethrow_own();
      throw Error(ErrorKind::kInternal, e.what());
    }
  }

 private:
  void rethrow_own() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }
  std::exception_ptr thrown_;
};

template <class Work>
auto at_border(Work&& work) -> decltype(work()) {
  return Caller().in(std::forward<Work>(work));
}

// The caller's objects as llmz uses them.
class CallerSource : public ByteSource {
 public:
  CallerSource(Caller& caller, ByteSource& source) : caller_(caller), source_(source) {}
  size_t read(uint8_t* out, size_t count) override {
    return caller_.out([&] { return source_.read(out, count); });
  }
  bool may_wait() override {
    return caller_.out([&] { return source_.may_wait(); });
  }

 private:
  Caller& caller_;
  ByteSource& source_;
};

class CallerSeekable : public SeekableSource {
 public:
  CallerSeekable(Caller& caller, SeekableSource& source) : caller_(caller), source_(source) {}
  size_t read(uint8_t* out, size_t count) override {
    return caller_.out([&] { return source_.read(out, count); });
  }
  bool may_wait() override {
    return caller_.out([&] { return source_.may_wait(); });
  }
  uint64_t size_bytes() override {
    return caller_.out([&] { return source_.size_bytes(); });
  }
  void seek(uint64_t offset) override {
    caller_.out([&] { source_.seek(offset); });
  }

 private:
  Caller& caller_;
  SeekableSource& source_;
};

class CallerSink : public ByteSink {
 public:
  CallerSink(Caller& caller, ByteSink& sink) : caller_(caller), sink_(sink) {}
  void write(ByteView bytes) override {
    caller_.out([&] { sink_.write(bytes); });
  }

 private:
  Caller& caller_;
  ByteSink& sink_;
};

inline Progress callers_progress(Caller& caller, const Progress& progress) {
  if (!progress) return {};
  return [&caller, &progress](uint64_t done) { caller.out([&] { progress(done); }); };
}

}  // namespace llmz
