#ifndef TRAIND_SERVER_TORCH_INFER_FOLD_H_
#define TRAIND_SERVER_TORCH_INFER_FOLD_H_

#include <map>
#include <string>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// A network as inference computes it: which layers, on which pixels, with which weights.
struct InferenceLayers {
  v1::Network description;
  // What is still to be done to pixel/255 first; empty: nothing.
  v1::Normalization normalization;
  // `layers.0.weight` …, numbered as in the description, float64; of layers within others
  // as Network names them.
  std::map<std::string, at::Tensor> tensors;
  int batch_norm_count = 0;
};

// The layers of a recipe's network with its parameters and buffers, by the same names;
// only dropout, which does nothing in inference, is left out. Throws c10::Error.
InferenceLayers LayersAsTrained(const v1::Network& description,
                                const v1::Normalization& normalization,
                                const std::map<std::string, at::Tensor>& tensors);

// The same function of the pixels with fewer operations: a batch normalisation, and the
// normalisation of the pixels, is a scale and a shift for each channel, which become part
// of the weights
//   of the convolution or linear layer right before it;
//   else of the next convolution without padding and groups, or the next linear layer. On
//   the way there it passes through average pooling and flattening, and through max
//   pooling where no scale is negative.
// Where that is not possible (a ReLU comes next, zeros are padded) it stays a layer. The
// layers within a residual or concat are folded among themselves.
// Exact but for rounding. Throws c10::Error.
InferenceLayers FoldLayers(const InferenceLayers& trained);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_FOLD_H_
