#ifndef TRAIND_SERVER_FUSED_ALIGNED_ARRAY_H_
#define TRAIND_SERVER_FUSED_ALIGNED_ARRAY_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace traind {

// Memory for values that vector instructions read: on a boundary of a cache line, all
// zeros at first. Moves, is not copied.
template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(int64_t size) : size_(size) {
    if (size == 0) return;
    const size_t bytes =
        (static_cast<size_t>(size) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    data_.reset(static_cast<T*>(std::aligned_alloc(kAlignment, bytes)));
    if (!data_) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes);
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  int64_t size() const { return size_; }
  T& operator[](int64_t i) { return data_.get()[i]; }
  const T& operator[](int64_t i) const { return data_.get()[i]; }

 private:
  static constexpr size_t kAlignment = 64;
  struct Free {
    void operator()(T* data) const { std::free(data); }
  };

  std::unique_ptr<T, Free> data_;
  int64_t size_ = 0;
};

using AlignedFloats = AlignedArray<float>;

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_ALIGNED_ARRAY_H_
