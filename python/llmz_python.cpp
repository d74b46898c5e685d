// SPDX-License-Identifier: Apache-2.0
// What llmz/__init__.py is made of: calls on bytes-like objects, without the interpreter's lock.
#include <llmz/llmz.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <mutex>
#include <optional>

namespace py = pybind11;
using namespace llmz;

namespace {

// The bytes of an object with the buffer protocol, held as long as this lives.
class Buffer {
 public:
  explicit Buffer(const py::object& object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  }
  ~Buffer() { PyBuffer_Release(&view_); }
  Buffer(const Buffer&) = delete;
  ByteView bytes() const {
    return {static_cast<const uint8_t*>(view_.buf), static_cast<size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

py::bytes to_python(const Bytes& bytes) {
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Calls `work` with the lock released.
template <class Work>
auto unlocked(Work&& work) -> decltype(work()) {
  const py::gil_scoped_release released;
  return work();
}

// Signals are Python's: Ctrl-C stops the call.
Progress interruptible() {
  return [](uint64_t) {
    const py::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  };
}

// A model that is named wins over that of the level.
using ModelName = std::optional<std::string>;
using MaybeReference = std::optional<Reference>;

CompressSettings settings_of(int level, const ModelName& model, unsigned threads) {
  CompressSettings settings;
  settings.set_level(level);
  if (model) settings.model = *model;
  settings.engine.threads = threads;
  return settings;
}

CompressSettings settings_of(int level, const ModelName& model, unsigned threads, bool verify,
                             bool embed_model, const MaybeReference& reference) {
  CompressSettings settings = settings_of(level, model, threads);
  settings.verify = verify;
  settings.embed_model = embed_model;
  settings.reference = reference;
  return settings;
}

DecompressSettings limits_of(uint64_t max_content, uint64_t max_memory, unsigned threads,
                             const MaybeReference& reference) {
  DecompressSettings settings;
  settings.reference = reference;
  settings.engine.threads = threads;
  settings.max_content_bytes = max_content;
  settings.max_memory_bytes = max_memory;
  return settings;
}

py::bytes compress_bytes(const py::object& data, int level, const ModelName& model,
                         unsigned threads, bool verify, bool embed_model,
                         const MaybeReference& reference) {
  const Buffer buffer(data);
  return to_python(unlocked([&] {
    MemorySource in(buffer.bytes());
    MemorySink out;
    compress(in, out, default_models(),
             settings_of(level, model, threads, verify, embed_model, reference), interruptible());
    return out.take();
  }));
}

py::bytes decompress_bytes(const py::object& data, uint64_t max_content, uint64_t max_memory,
                           unsigned threads, const MaybeReference& reference) {
  const Buffer buffer(data);
  return to_python(unlocked([&] {
    MemorySource in(buffer.bytes());
    MemorySink out;
    decompress(in, out, default_models(), limits_of(max_content, max_memory, threads, reference),
               interruptible());
    return out.take();
  }));
}

py::bytes decompress_part(const py::object& data, uint64_t start, uint64_t size,
                          uint64_t max_content, uint64_t max_memory, unsigned threads,
                          const MaybeReference& reference) {
  const Buffer buffer(data);
  return to_python(unlocked([&] {
    MemorySource in(buffer.bytes());
    MemorySink out;
    decompress_range(in, start, size, out, default_models(),
                     limits_of(max_content, max_memory, threads, reference), interruptible());
    return out.take();
  }));
}

uint64_t estimate_bytes(const py::object& data, int level, const ModelName& model,
                        unsigned threads) {
  const Buffer buffer(data);
  return unlocked([&] {
    MemorySource in(buffer.bytes());
    return estimate(in, default_models(), settings_of(level, model, threads), EstimateOf::kFile,
                    interruptible())
        .file_bytes;
  });
}

// A sequence of numbers as an array of Python's.
template <class T>
py::object array_of(const char* type, const std::vector<T>& values) {
  const py::bytes bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return py::module_::import("array").attr("array")(type, bytes);
}

py::tuple token_bits_of(const py::object& data, const ModelName& model, unsigned threads) {
  const Buffer buffer(data);
  const TokenBits found = unlocked([&] {
    return token_bits(buffer.bytes(), settings_of(6, model, threads), default_models(),
                      interruptible());
  });
  return py::make_tuple(array_of("I", found.size_bytes), array_of("f", found.bits));
}

// Methods of one object are called by one thread at a time.
class Compressor {
 public:
  Compressor(int level, const ModelName& model, unsigned threads, bool verify, bool embed_model,
             const MaybeReference& reference)
      : stream_(settings_of(level, model, threads, verify, embed_model, reference),
                default_models(), interruptible()) {}

  py::bytes feed(const py::object& data) {
    const Buffer buffer(data);
    return call([&] { stream_.feed(buffer.bytes()); });
  }
  py::bytes flush() {
    return call([&] { stream_.flush(); });
  }
  py::bytes end() {
    return call([&] { stream_.end(); });
  }

 private:
  template <class Work>
  py::bytes call(Work&& work) {
    return to_python(unlocked([&] {
      const std::lock_guard lock(mutex_);
      work();
      return stream_.drain();
    }));
  }
  CompressStream stream_;
  std::mutex mutex_;
};

class Decompressor {
 public:
  Decompressor(uint64_t max_content, uint64_t max_memory, unsigned threads,
               const MaybeReference& reference)
      : stream_(limits_of(max_content, max_memory, threads, reference), default_models(),
                interruptible()) {}

  py::bytes feed(const py::object& data) {
    const Buffer buffer(data);
    return call([&] { stream_.feed(buffer.bytes()); });
  }
  py::bytes end() {
    return call([&] { stream_.end(); });
  }
  bool finished() const { return stream_.finished(); }

 private:
  template <class Work>
  py::bytes call(Work&& work) {
    return to_python(unlocked([&] {
      const std::lock_guard lock(mutex_);
      work();
      Bytes all;
      for (Bytes part = stream_.drain(); !part.empty(); part = stream_.drain())
        all.insert(all.end(), part.begin(), part.end());
      return all;
    }));
  }
  DecompressStream stream_;
  std::mutex mutex_;
};

}  // namespace

PYBIND11_MODULE(_llmz, module) {
  static py::exception<Error> error(module, "LLMZError");
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Error& e) {
      py::object instance = py::reinterpret_borrow<py::object>(error)(e.what());
      instance.attr("kind") = static_cast<int>(e.kind());
      PyErr_SetObject(error.ptr(), instance.ptr());
    }
  });
  module.def("version", &version);
  py::class_<Reference>(module, "Reference")
      .def(py::init([](const py::object& data) { return Reference(Buffer(data).bytes()); }),
           py::arg("data"));
  module.def("compress", &compress_bytes, py::arg("data"), py::kw_only(), py::arg("level") = 6,
             py::arg("model") = py::none(), py::arg("threads") = 0, py::arg("verify") = false,
             py::arg("embed_model") = false, py::arg("reference") = py::none());
  module.def("decompress", &decompress_bytes, py::arg("data"), py::kw_only(),
             py::arg("max_content") = 0, py::arg("max_memory") = 0, py::arg("threads") = 0,
             py::arg("reference") = py::none());
  module.def("decompress_range", &decompress_part, py::arg("data"), py::arg("start"),
             py::arg("size"), py::kw_only(), py::arg("max_content") = 0, py::arg("max_memory") = 0,
             py::arg("threads") = 0, py::arg("reference") = py::none());
  module.def("estimate", &estimate_bytes, py::arg("data"), py::kw_only(), py::arg("level") = 6,
             py::arg("model") = py::none(), py::arg("threads") = 0);
  module.def("token_bits", &token_bits_of, py::arg("data"), py::kw_only(),
             py::arg("model") = py::none(), py::arg("threads") = 0);
  py::class_<Compressor>(module, "LLMZCompressor")
      .def(py::init<int, const ModelName&, unsigned, bool, bool, const MaybeReference&>(),
           py::kw_only(), py::arg("level") = 6, py::arg("model") = py::none(),
           py::arg("threads") = 0, py::arg("verify") = false, py::arg("embed_model") = false,
           py::arg("reference") = py::none())
      .def("compress", &Compressor::feed, py::arg("data"))
      .def("flush", &Compressor::flush)
      .def("finish", &Compressor::end);
  py::class_<Decompressor>(module, "LLMZDecompressor")
      .def(py::init<uint64_t, uint64_t, unsigned, const MaybeReference&>(), py::kw_only(),
           py::arg("max_content") = 0, py::arg("max_memory") = 0, py::arg("threads") = 0,
           py::arg("reference") = py::none())
      .def("decompress", &Decompressor::feed, py::arg("data"))
      .def("finish", &Decompressor::end)
      .def_property_readonly("finished", &Decompressor::finished);
}
