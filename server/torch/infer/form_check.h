#ifndef TRAIND_SERVER_TORCH_INFER_FORM_CHECK_H_
#define TRAIND_SERVER_TORCH_INFER_FORM_CHECK_H_

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// How far another form of a network may be from the trained one: rounding.
inline constexpr double kFormErrorMax = 1e-5;

// Rows that forms are compared on, the same at every call: pixel/255 drawn evenly from
// [0, 1], the range of what a recipe's dataset gives, then all 0 and all 1.
// float32 [64, C, H, W], [64, C, L] or [64, F] on the CPU.
at::Tensor CheckRows(const v1::InputShape& input);

// max |expected - actual| / max |expected| of logits [N, K]; infinite where they are not
// all finite.
double RelativeError(const at::Tensor& expected, const at::Tensor& actual);

// Share of the rows whose largest logit is another one.
double ClassChangeShare(const at::Tensor& expected, const at::Tensor& actual);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_FORM_CHECK_H_
