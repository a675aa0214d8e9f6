#include "server/torch/infer/device_lane.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "server/recipes/row_shape.h"

namespace traind {
namespace {

// Memory of the host that `device` copies from and to by itself.
at::Tensor PageLocked(at::IntArrayRef sizes, at::ScalarType type, at::Device device) {
  return at::zeros(sizes, at::TensorOptions().dtype(type).pinned_memory(!device.is_cpu()));
}

template <typename T>
void AppendValues(const at::Tensor& values, std::vector<T>& to) {
  const T* data = values.const_data_ptr<T>();
  to.insert(to.end(), data, data + values.numel());
}

}  // namespace

DeviceLane::DeviceLane(const v1::InputShape& input, const InferenceNetwork& network,
                       at::Device device)
    : network_(network), device_(device) {
  const c10::InferenceMode inference;
  std::vector<int64_t> sizes = RowShape(input);
  sizes.insert(sizes.begin(), kRecordedRowsMax);
  host_rows_ = PageLocked(sizes, at::kFloat, device_);
  rows_ = at::zeros(sizes, at::TensorOptions().dtype(at::kFloat).device(device_));
  row_bytes_ = host_rows_.nbytes() / kRecordedRowsMax;
  if (device_.is_cpu()) ungraphed_reason_ = "the CPU records nothing";
  const int64_t classes = network_.class_count();
  for (size_t i = 0; i < kRecordedSizes.size(); ++i) {
    Answers& answers = answers_[i];
    const int64_t size = kRecordedSizes[i];
    answers.scores = at::zeros({2, size, classes}, rows_.options());
    answers.classes = at::zeros({size}, rows_.options().dtype(at::kLong));
    answers.host_scores = PageLocked({2, size, classes}, at::kFloat, device_);
    answers.host_classes = PageLocked({size}, at::kLong, device_);
  }
  for (size_t i = 0; i < kRecordedSizes.size(); ++i) Record(i);
}

void DeviceLane::Record(size_t size_index) {
  // The first pass of a size chooses kernels and takes memory, which must not happen
  // while it is recorded.
  for (int pass = 0; pass < 2; ++pass) Enqueue(size_index);
  WaitForStream(device_);
  if (!ungraphed_reason_.empty()) return;
  absl::StatusOr<std::unique_ptr<DeviceGraph>> graph = MakeDeviceGraph(device_);
  if (!graph.ok()) {
    ungraphed_reason_ = std::string(graph.status().message());
    return;
  }
  (*graph)->Capture({}, [this, size_index] { Enqueue(size_index); });
  (*graph)->Launch();
  WaitForStream(device_);
  answers_[size_index].graph = *std::move(graph);
}

void DeviceLane::Enqueue(size_t size_index) const {
  const Answers& answers = answers_[size_index];
  const int64_t size = kRecordedSizes[size_index];
  at::Tensor rows = rows_.narrow(0, 0, size);
  rows.copy_(host_rows_.narrow(0, 0, size), /*non_blocking=*/true);
  const at::Tensor logits = network_.Forward(rows);
  answers.scores.select(0, 0).copy_(logits);
  answers.scores.select(0, 1).copy_(at::softmax(logits, 1));
  answers.classes.copy_(logits.argmax(1));
  answers.host_scores.copy_(answers.scores, /*non_blocking=*/true);
  answers.host_classes.copy_(answers.classes, /*non_blocking=*/true);
}

void DeviceLane::Run(absl::Span<const absl::string_view> inputs, const RowPiece& piece,
                     Prediction& prediction) {
  using Clock = std::chrono::steady_clock;
  const c10::InferenceMode inference;
  const size_t size_index = RecordedSizeIndex(piece.count);
  const int64_t padding = kRecordedSizes[size_index] - piece.count;
  const Clock::time_point start = Clock::now();
  GatherBytes(inputs, static_cast<size_t>(piece.first) * row_bytes_,
              static_cast<size_t>(padding) * row_bytes_,
              {static_cast<char*>(host_rows_.mutable_data_ptr()),
               static_cast<size_t>(kRecordedSizes[size_index]) * row_bytes_});
  const Clock::time_point gathered = Clock::now();
  const Answers& answers = answers_[size_index];
  if (answers.graph != nullptr) {
    answers.graph->Launch();
  } else {
    Enqueue(size_index);
  }
  WaitForStream(device_);
  const Clock::time_point computed = Clock::now();
  Append(answers, piece.count, prediction);
  prediction.times.input += absl::FromChrono(gathered - start);
  prediction.times.infer += absl::FromChrono(computed - gathered);
  prediction.times.output += absl::FromChrono(Clock::now() - computed);
}

void DeviceLane::Append(const Answers& answers, int64_t row_count, Prediction& prediction) const {
  AppendValues(answers.host_classes.narrow(0, 0, row_count), prediction.classes);
  AppendValues(answers.host_scores.select(0, 0).narrow(0, 0, row_count), prediction.logits);
  AppendValues(answers.host_scores.select(0, 1).narrow(0, 0, row_count), prediction.probabilities);
}

int DeviceLane::graph_count() const {
  return static_cast<int>(std::count_if(answers_.begin(), answers_.end(), [](const Answers& entry) {
    return entry.graph != nullptr;
  }));
}

int64_t DeviceLane::memory_bytes() const {
  size_t bytes = rows_.nbytes();
  for (const Answers& answers : answers_) {
    bytes += answers.scores.nbytes() + answers.classes.nbytes();
  }
  return static_cast<int64_t>(bytes);
}

void WaitForStream(at::Device device) {
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.synchronizeStream(guard.getStream(device));
}

}  // namespace traind
