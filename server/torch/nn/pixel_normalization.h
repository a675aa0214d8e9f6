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
  // It gives numbers of `type`.
  PixelNormalization(const v1::Normalization& normalization, at::Device device,
                     at::ScalarType type = at::kFloat);

  // Rows of a split: uint8 [N, C, H, W] are pixels, others numbers, which are taken as
  // they are. May overwrite numbers.
  at::Tensor FromRows(const at::Tensor& rows) const;

  // uint8 [N, C, H, W] to numbers of the same shape.
  at::Tensor FromBytes(const at::Tensor& pixels) const;

  // Numbers [N, C, ...] that hold pixel/255 already; overwrites them.
  at::Tensor FromFractions(at::Tensor fractions) const;

 private:
  at::ScalarType type_;
  at::Tensor mean_;                // [C]; undefined: none
  at::Tensor standard_deviation_;  // [C]
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_PIXEL_NORMALIZATION_H_
