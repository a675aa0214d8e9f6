#include "server/torch/train/evaluator.h"

#include <algorithm>
#include <string>

#include "server/torch/train/evaluation_metrics.h"
#include "server/torch/train/split_tensors.h"
#include "server/torch/train/training_rows.h"

namespace traind {
namespace {

// Large enough to hide the cost of a call, small enough that the activations of
// small networks stay in the caches.
constexpr int64_t kBatchRowsOnCpu = 250;
// On a GPU a call costs more than its work, unless that is a lot.
constexpr int64_t kBatchRowsOnGpu = 2500;

// float32 values as the bytes of a tensor.
v1::Tensor ToTensor(const std::string& name, const at::Tensor& values) {
  const at::Tensor plain = values.to(at::kCPU, at::kFloat).contiguous();
  v1::Tensor tensor;
  tensor.set_name(name);
  tensor.set_data_type(v1::DATA_TYPE_FP32);
  for (const int64_t size : plain.sizes()) tensor.add_shape(size);
  tensor.set_data(plain.const_data_ptr(), plain.nbytes());
  return tensor;
}

}  // namespace

Evaluator::Evaluator(const Split& split, const v1::Recipe& recipe, at::Device device)
    : recipe_(recipe),
      loss_(recipe.loss(), at::TensorOptions().device(device).dtype(NumberType(recipe))),
      normalization_(recipe.data().normalization(), device, NumberType(recipe)),
      images_(RowsOn(split, device)),
      labels_(LossTargetsOn(split, recipe, device)) {}

Evaluation Evaluator::Evaluate(const Network& network) const {
  return Evaluate([&](const at::Tensor& images) { return network.Forward(images, {}); });
}

Evaluation Evaluator::Evaluate(const ForwardPass& forward) const {
  const c10::InferenceMode inference;
  const int64_t row_count = labels_.size(0);
  const int64_t batch_rows = labels_.is_cpu() ? kBatchRowsOnCpu : kBatchRowsOnGpu;
  const auto on_device = images_.options();
  at::Tensor loss_sum = at::zeros({}, on_device.dtype(at::kDouble));
  at::Tensor correct_count = at::zeros({}, on_device.dtype(at::kLong));
  EvaluationMetrics metrics(recipe_);
  for (int64_t start = 0; start < row_count; start += batch_rows) {
    const int64_t count = std::min(batch_rows, row_count - start);
    const at::Tensor labels = labels_.narrow(0, start, count);
    const at::Tensor logits = forward(Prepared(start, count));
    loss_sum += loss_.RowLosses(logits, labels).sum(at::kDouble);
    correct_count += loss_.CorrectCount(logits, labels);
    metrics.Add(logits, labels);
  }
  return {loss_sum.item<double>() / static_cast<double>(row_count), correct_count.item<int64_t>(),
          row_count, metrics.Values()};
}

v1::ModelSample Evaluator::Sample(const Network& network) const {
  const c10::InferenceMode inference;
  const at::Tensor row = images_.narrow(0, 0, 1);
  const bool pixels = row.scalar_type() == at::kByte;
  v1::ModelSample sample;
  *sample.mutable_input() = ToTensor("x", pixels ? row.to(at::kFloat).div_(255) : row);
  *sample.mutable_logits() = ToTensor("logits", network.Forward(Prepared(0, 1), {}));
  return sample;
}

at::Tensor Evaluator::Prepared(int64_t start, int64_t count) const {
  const at::Tensor rows = images_.narrow(0, start, count);
  // Numbers may be prepared where they lie: these are kept.
  return normalization_.FromRows(rows.scalar_type() == at::kByte ? rows : rows.clone());
}

}  // namespace traind
