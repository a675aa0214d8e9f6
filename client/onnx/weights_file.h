#ifndef TRAIND_CLIENT_ONNX_WEIGHTS_FILE_H_
#define TRAIND_CLIENT_ONNX_WEIGHTS_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// A tensor as 32-bit floats.
struct WeightTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major
};

// The tensors of a safetensors file (github.com/huggingface/safetensors) that traind has
// written. Immutable, so thread-safe.
class WeightsFile {
 public:
  // Numbers are F32, or F64, which are rounded. DATA_LOSS for other bytes.
  static absl::StatusOr<WeightsFile> Parse(absl::string_view bytes);

  // The tensor of this name and shape. DATA_LOSS when there is none.
  absl::StatusOr<WeightTensor> Find(const std::string& name,
                                    const std::vector<int64_t>& shape) const;

 private:
  std::map<std::string, WeightTensor> tensors_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_ONNX_WEIGHTS_FILE_H_
