#ifndef TRAIND_SERVER_TORCH_NN_PIXEL_NORMALIZATION_H_
#define TRAIND_SERVER_TORCH_NN_PIXEL_NORMALIZATION_H_

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// What a network sees of a row: (value - mean) / standard deviation, per channel or
// feature, the value being pixel/255 for an image; the value itself where the recipe gives
// no normalisation. Training, evaluation and Predict share it. Thread-safe.
class PixelNormalization {
 public:
  PixelNormalization(const v1::Normalization& normalization, at::Device device);

  // uint8 [N, C, H, W] to float32 of the same shape.
  at::Tensor FromBytes(const at::Tensor& pixels) const;

  // float32 [N, C, ...] that holds pixel/255 already; overwrites it.
  at::Tensor FromFractions(at::Tensor fractions) const;

 private:
  at::Tensor mean_;                // [C]; undefined: none
  at::Tensor standard_deviation_;  // [C]
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_PIXEL_NORMALIZATION_H_
