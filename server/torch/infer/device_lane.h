#ifndef TRAIND_SERVER_TORCH_INFER_DEVICE_LANE_H_
#define TRAIND_SERVER_TORCH_INFER_DEVICE_LANE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/types/span.h"
#include "server/serving/executor.h"
#include "server/torch/cuda/device_graph.h"
#include "server/torch/infer/inference_network.h"
#include "server/torch/infer/padded_rows.h"
#include "server/torch/torch_headers.h"

namespace traind {

// What one execution at a time on a device needs: buffers in page-locked memory and on the
// device, and for each of kRecordedSizes a recorded launch that copies the rows there,
// computes, and copies the answers back. Meant for a GPU; on the CPU it does the same
// without recording. Not thread-safe.
class DeviceLane {
 public:
  // Warms up and records every size, on the current stream, which must not be the
  // default one; what cannot be recorded for want of the plug-in runs kernel by kernel.
  // `network` must outlive the lane. Throws c10::Error.
  DeviceLane(const v1::InputShape& input, const InferenceNetwork& network, at::Device device);

  // Computes rows `piece` of the inputs on the current stream, waits for them, and
  // appends the answers. Throws c10::Error.
  void Run(absl::Span<const absl::string_view> inputs, const RowPiece& piece,
           Prediction& prediction);

  int graph_count() const;
  // Why there is no recorded launch; else empty.
  const std::string& ungraphed_reason() const { return ungraphed_reason_; }
  // Of its buffers on the device, without what the recorded launches need between.
  int64_t memory_bytes() const;

 private:
  // The answers of one size: logits and probabilities [2, N, K], classes [N].
  struct Answers {
    at::Tensor scores;
    at::Tensor classes;
    at::Tensor host_scores;
    at::Tensor host_classes;
    std::unique_ptr<DeviceGraph> graph;  // null: kernel by kernel
  };

  // Puts the work of a size on the current stream.
  void Enqueue(size_t size_index) const;
  void Record(size_t size_index);
  void Append(const Answers& answers, int64_t row_count, Prediction& prediction) const;

  // Constant after construction.
  const InferenceNetwork& network_;
  const at::Device device_;
  size_t row_bytes_ = 0;
  std::string ungraphed_reason_;

  // Of the largest size; smaller ones use its first rows.
  at::Tensor host_rows_;
  at::Tensor rows_;
  std::array<Answers, kRecordedSizes.size()> answers_;
};

// Waits for what was put on the current stream of the device. Throws c10::Error, also
// for a fault of earlier work.
void WaitForStream(at::Device device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_DEVICE_LANE_H_
