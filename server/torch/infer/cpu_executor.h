#ifndef TRAIND_SERVER_TORCH_INFER_CPU_EXECUTOR_H_
#define TRAIND_SERVER_TORCH_INFER_CPU_EXECUTOR_H_

#include <cstdint>

#include "server/serving/executor.h"
#include "server/torch/infer/inference_network.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Runs a network on the CPU, in the calling thread. Immutable after construction.
class CpuExecutor : public Executor {
 public:
  // The network is one for the CPU, for rows of `input`.
  CpuExecutor(const v1::InputShape& input, InferenceNetwork network, int64_t memory_bytes);

  absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) override;
  int64_t memory_bytes() const override { return memory_bytes_; }

 private:
  absl::StatusOr<Prediction> Predict(absl::Span<const absl::string_view> inputs,
                                     int64_t row_count) const;
  // The rows as one tensor; of a single aligned input without a copy.
  at::Tensor Join(absl::Span<const absl::string_view> inputs, int64_t row_count) const;

  const v1::InputShape input_;
  const InferenceNetwork network_;
  const int64_t memory_bytes_;
};

// Bytes of all inputs. INTERNAL when they are not row_count rows of `input` in float32.
absl::StatusOr<int64_t> CheckRowBytes(const v1::InputShape& input,
                                      absl::Span<const absl::string_view> inputs,
                                      int64_t row_count);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_CPU_EXECUTOR_H_
