#include "server/torch/infer/fused_executor.h"

#include <chrono>
#include <cstring>
#include <vector>

#include "server/base/status_macros.h"
#include "server/torch/infer/class_scores.h"
#include "server/torch/infer/cpu_executor.h"

namespace traind {

absl::StatusOr<Prediction> FusedExecutor::Run(absl::Span<const absl::string_view> inputs,
                                              int64_t row_count) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  ASSIGN_OR_RETURN(const int64_t size_bytes, CheckRowBytes(input_, inputs, row_count));
  std::vector<float> joined;
  const float* images = nullptr;
  if (inputs.size() == 1 && reinterpret_cast<uintptr_t>(inputs[0].data()) % alignof(float) == 0) {
    images = reinterpret_cast<const float*>(inputs[0].data());
  } else {
    joined.resize(static_cast<size_t>(size_bytes) / sizeof(float));
    char* target = reinterpret_cast<char*>(joined.data());
    for (const absl::string_view input : inputs) {
      std::memcpy(target, input.data(), input.size());
      target += input.size();
    }
    images = joined.data();
  }
  Prediction prediction;
  prediction.row_count = row_count;
  prediction.class_count = network_->class_count();
  std::vector<float> logits(static_cast<size_t>(row_count * prediction.class_count));
  const Clock::time_point joined_at = Clock::now();
  network_->Run(images, row_count, logits.data());
  const Clock::time_point inferred = Clock::now();
  AppendScores(logits, prediction);
  prediction.times = {absl::FromChrono(joined_at - start), absl::FromChrono(inferred - joined_at),
                      absl::FromChrono(Clock::now() - inferred)};
  return prediction;
}

}  // namespace traind
