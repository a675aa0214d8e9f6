#ifndef TRAIND_SERVER_TORCH_CHECKPOINT_STATE_TENSORS_H_
#define TRAIND_SERVER_TORCH_CHECKPOINT_STATE_TENSORS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/torch/torch_headers.h"

namespace traind {

// Named tensors on their way to or from a safetensors file. Whoever has state puts
// copies or views in, and takes its own out again; what is left over then belongs
// to another recipe. Not thread-safe.
class StateTensors {
 public:
  // Reads a file of F32, F64, I64 and U8 tensors, copied. DATA_LOSS.
  static absl::StatusOr<StateTensors> Parse(absl::string_view file);

  // The file: equal tensors give equal bytes. Throws c10::Error.
  absl::StatusOr<std::string> Serialize() const;

  // Floating-point tensors of other types are kept as F32.
  void Put(const std::string& name, const at::Tensor& tensor);
  void PutNumber(const std::string& name, int64_t value);
  void PutNumber(const std::string& name, double value);

  // Makes F32 tensors of all that are F64.
  void RoundToFloat32();

  // Moves a tensor out; it lies on the CPU. DATA_LOSS when there is none.
  absl::StatusOr<at::Tensor> Take(const std::string& name);
  // The same into a tensor of this shape, type and any device. DATA_LOSS names what
  // was expected and what is there; `target` is then unchanged.
  absl::Status TakeInto(const std::string& name, const at::Tensor& target);
  absl::Status TakeNumber(const std::string& name, int64_t& value);
  absl::Status TakeNumber(const std::string& name, double& value);

  // DATA_LOSS when a tensor was not taken.
  absl::Status CheckAllTaken() const;

 private:
  std::map<std::string, at::Tensor> tensors_;  // contiguous, on the CPU
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_CHECKPOINT_STATE_TENSORS_H_
