#ifndef TRAIND_CLIENT_ONNX_ONNX_MODEL_H_
#define TRAIND_CLIENT_ONNX_ONNX_MODEL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/recipe_service.pb.h"

namespace traind {

// What is to become an ONNX file.
struct OnnxSource {
  std::string name;              // for people, such as `s4@3`
  std::string producer_version;  // of the program that writes it
  v1::RecipeSummary summary;     // of the recipe, with the recipe
  std::vector<std::string> class_names;
};

// A network with its weights, a safetensors file, as an ONNX file of operator set 17: what
// Predict computes, in 32 bits. Its input is `x`, [N, …], pixel/255 for pixels; the
// normalisation is part of it. Its outputs are Predict's: `classes`, `logits` and
// `probabilities`; without `classes` with binary cross entropy; `values` with other losses.
// The fact `class_names` is a JSON array of the classes' names, if they have names.
// UNIMPLEMENTED names a layer that it cannot express; DATA_LOSS a tensor that is not there;
// FAILED_PRECONDITION when it passes 2 GiB, the most that the format holds.
absl::StatusOr<std::string> WriteOnnxModel(const OnnxSource& source, absl::string_view weights);

}  // namespace traind

#endif  // TRAIND_CLIENT_ONNX_ONNX_MODEL_H_
