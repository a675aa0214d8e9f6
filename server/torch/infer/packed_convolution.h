#ifndef TRAIND_SERVER_TORCH_INFER_PACKED_CONVOLUTION_H_
#define TRAIND_SERVER_TORCH_INFER_PACKED_CONVOLUTION_H_

#include <cstdint>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// A convolution on the CPU whose weights are kept in oneDNN's own order, and whose
// ReLU is applied as the results are written: at::conv2d puts them into that order
// again at every call, and the results into another. Thread-safe.
class PackedConvolution {
 public:
  // `input_shape` [N, C, H, W] is what it is packed for; others may come. Weight and
  // bias have the type of the inputs to come. Throws c10::Error, also where the library
  // or the processor cannot do it.
  PackedConvolution(const v1::Conv2d& options, const at::Tensor& weight, at::Tensor bias,
                    at::IntArrayRef input_shape, bool has_relu);

  // [N, C, H, W] in channels-last order. Throws c10::Error.
  at::Tensor Forward(const at::Tensor& input) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without bias
  int64_t stride_;
  int64_t padding_;
  bool has_relu_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_PACKED_CONVOLUTION_H_
