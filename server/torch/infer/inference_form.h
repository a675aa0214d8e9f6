#ifndef TRAIND_SERVER_TORCH_INFER_INFERENCE_FORM_H_
#define TRAIND_SERVER_TORCH_INFER_INFERENCE_FORM_H_

#include <cstdint>
#include <string>

#include "traind/v1/run.pb.h"

namespace traind {

// In what form a version runs, and how that was checked when it was loaded: on rows
// drawn the same at every load, against the network as it was trained.
struct InferenceForm {
  std::string device;
  v1::Precision precision = v1::PRECISION_FP32;

  // Batch normalisations of the recipe, and those that run as layers of their own: the
  // others are part of the weights of their neighbours.
  int batch_norm_count = 0;
  int batch_norms_left = 0;
  // Largest difference of the folded network's logits, relative to the largest logit.
  double fold_error = 0;
  // Why the network runs as it was trained although it could be folded; else empty.
  std::string unfolded_reason;

  // On the CPU: by the fused kernels, which leave no batch normalisation; or why not.
  bool is_fused = false;
  std::string unfused_reason;

  // With another precision than FP32: the largest change of a logit, relative to the
  // largest one, and the share of the rows whose class changes.
  double precision_error = 0;
  double class_change_share = 0;

  // Recorded launches, one for each batch size; 0 where kernels are launched one by one.
  int graph_count = 0;
  // Why there are none although the device could; else empty.
  std::string ungraphed_reason;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_INFERENCE_FORM_H_
