// SPDX-License-Identifier: Apache-2.0
// The keys and values of one lane of an imported model, in the order that the integer loops read.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "exact/imported_loops.h"

namespace llmz::exact {

// Zeros whose memory is taken page by page as they are written.
struct FreeMemory {
  void operator()(void* p) const { std::free(p); }
};
template <class T>
using Zeros = std::unique_ptr<T[], FreeMemory>;
template <class T>
Zeros<T> make_zeros(size_t count) {
  Zeros<T> zeros(static_cast<T*>(std::calloc(count, sizeof(T))));
  if (!zeros) throw std::bad_alloc();
  return zeros;
}

class ImportedCache {
 public:
  explicit ImportedCache(const ImportedShape& shape)
      : kv_heads_(shape.kv_heads),
        dim_(padded(shape.head_dim, kWideRows)),
        part_(padded(shape.positions, kWideRows) * dim_),
        parts_(size_t{2} * shape.layers * shape.kv_heads),
        values_(make_zeros<int16_t>(parts_ * part_)) {}

  int16_t* keys(size_t layer, size_t kv) const { return part(2 * (layer * kv_heads_ + kv)); }
  int16_t* values(size_t layer, size_t kv) const { return part(2 * (layer * kv_heads_ + kv) + 1); }
  size_t dim() const { return dim_; }  // of a head, padded

  // key and value [head_dim].
  void store(size_t layer, size_t kv, size_t position, const int64_t* key, const int64_t* value,
             size_t head_dim) {
    int16_t *to_keys = keys(layer, kv), *to_values = values(layer, kv);
    for (size_t i = 0; i < head_dim; ++i) {
      key_pair(to_keys, dim_, position, i / 2)[i % 2] = static_cast<int16_t>(key[i]);
      *value_of(to_values, dim_, position, i) = static_cast<int16_t>(value[i]);
    }
  }

  // What `other`, of the same shape, holds at its first `positions` positions.
  void copy_from(const ImportedCache& other, size_t positions) {
    const size_t count = padded(positions, kWideRows) * dim_;
    for (size_t i = 0; i < parts_; ++i)
      std::memcpy(part(i), other.part(i), count * sizeof(int16_t));
  }

 private:
  int16_t* part(size_t i) const { return values_.get() + i * part_; }
  size_t kv_heads_, dim_, part_, parts_;
  Zeros<int16_t> values_;
};

}  // namespace llmz::exact
