#include "server/torch/infer/cpu_executor.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/row_shape.h"
#include "server/torch/infer/class_scores.h"
#include "server/torch/torch_status.h"

namespace traind {
namespace {

// More rows at once are no faster, as their activations leave the processor's caches;
// and it bounds the memory that a large request takes.
constexpr int64_t kRowsAtOnce = 32;

bool IsAligned(const char* data) { return reinterpret_cast<uintptr_t>(data) % alignof(float) == 0; }

}  // namespace

CpuExecutor::CpuExecutor(const v1::InputShape& input, InferenceNetwork network,
                         int64_t memory_bytes)
    : input_(input), network_(std::move(network)), memory_bytes_(memory_bytes) {}

absl::StatusOr<Prediction> CpuExecutor::Run(absl::Span<const absl::string_view> inputs,
                                            int64_t row_count) {
  return CatchTorch([&]() -> absl::StatusOr<Prediction> { return Predict(inputs, row_count); });
}

absl::StatusOr<Prediction> CpuExecutor::Predict(absl::Span<const absl::string_view> inputs,
                                                int64_t row_count) const {
  using Clock = std::chrono::steady_clock;
  const c10::InferenceMode inference;
  const Clock::time_point start = Clock::now();
  RETURN_IF_ERROR(CheckRowBytes(input_, inputs, row_count).status());
  const at::Tensor images = Join(inputs, row_count);
  Prediction prediction;
  prediction.row_count = row_count;
  prediction.class_count = network_.class_count();
  const auto value_count = static_cast<size_t>(row_count * prediction.class_count);
  prediction.classes.reserve(static_cast<size_t>(row_count));
  prediction.logits.reserve(value_count);
  prediction.probabilities.reserve(value_count);
  prediction.times.input = absl::FromChrono(Clock::now() - start);
  for (int64_t first = 0; first < row_count; first += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, row_count - first);
    const Clock::time_point begin = Clock::now();
    const at::Tensor logits =
        network_.Forward(count == row_count ? images : images.narrow(0, first, count));
    const Clock::time_point inferred = Clock::now();
    AppendScores(
        {logits.const_data_ptr<float>(), static_cast<size_t>(count * prediction.class_count)},
        prediction);
    prediction.times.infer += absl::FromChrono(inferred - begin);
    prediction.times.output += absl::FromChrono(Clock::now() - inferred);
  }
  return prediction;
}

at::Tensor CpuExecutor::Join(absl::Span<const absl::string_view> inputs, int64_t row_count) const {
  std::vector<int64_t> sizes = RowShape(input_);
  sizes.insert(sizes.begin(), row_count);
  if (inputs.size() == 1 && IsAligned(inputs[0].data())) {
    // The network reads its input only; from_blob has no form for that.
    return at::from_blob(const_cast<char*>(inputs[0].data()), sizes, at::kFloat);
  }
  at::Tensor images = at::empty(sizes, at::kFloat);
  char* target = static_cast<char*>(images.mutable_data_ptr());
  for (const absl::string_view input : inputs) {
    std::memcpy(target, input.data(), input.size());
    target += input.size();
  }
  return images;
}

absl::StatusOr<int64_t> CheckRowBytes(const v1::InputShape& input,
                                      absl::Span<const absl::string_view> inputs,
                                      int64_t row_count) {
  int64_t size_bytes = 0;
  for (const absl::string_view part : inputs) size_bytes += static_cast<int64_t>(part.size());
  const int64_t expected = row_count * InputValueCount(input) * static_cast<int64_t>(sizeof(float));
  if (size_bytes == expected) return size_bytes;
  return absl::InternalError(
      absl::StrCat("expected ", expected, " bytes for ", row_count, " rows, got ", size_bytes));
}

}  // namespace traind
