#include "server/torch/train/step_trace.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/recipes/recipe_summary.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

template <typename Sizes>
void AddTensor(v1::TraceKind kind, std::string name, const Sizes& sizes, v1::TraceLayout& layout) {
  v1::TraceTensor& tensor = *layout.add_tensors();
  tensor.set_kind(kind);
  tensor.set_name(std::move(name));
  for (const int64_t size : sizes) tensor.add_shape(size);
}

// Sizes of a batch of such rows.
template <typename Sizes>
std::vector<int64_t> Batched(int64_t batch_size, const Sizes& sizes) {
  std::vector<int64_t> batched = {batch_size};
  batched.insert(batched.end(), sizes.begin(), sizes.end());
  return batched;
}

}  // namespace

StepTrace::StepTrace(const v1::Recipe& recipe, const Split& split, const Network& network,
                     TraceStore& store)
    : network_(network), store_(store) {
  const int64_t batch_size = recipe.batch_size();
  AddTensor(v1::TRACE_KIND_INPUT, "inputs", Batched(batch_size, split.shape.row_shape), layout_);
  std::vector<int64_t> target;  // of classes a scalar
  if (!HasClassTargets(recipe.loss())) target = {network.class_count()};
  AddTensor(v1::TRACE_KIND_TARGET, "targets", Batched(batch_size, target), layout_);
  first_weight_ = layout_.tensors_size();
  for (const NamedTensor& weight : network.parameters()) {
    AddTensor(v1::TRACE_KIND_WEIGHT, weight.name, weight.tensor.sizes(), layout_);
  }
  first_output_ = layout_.tensors_size();
  // It was built by the same arithmetic.
  const v1::RecipeSummary summary = *SummarizeRecipe(recipe);
  for (int i = 0; i < summary.layers_size(); ++i) {
    AddTensor(v1::TRACE_KIND_OUTPUT, absl::StrCat("layers.", i),
              Batched(batch_size, summary.layers(i).output_shape()), layout_);
  }
  first_gradient_ = layout_.tensors_size();
  for (const NamedTensor& weight : network.parameters()) {
    AddTensor(v1::TRACE_KIND_GRADIENT, weight.name, weight.tensor.sizes(), layout_);
  }
  offsets_ = {0};
  for (const v1::TraceTensor& tensor : layout_.tensors()) {
    int64_t size = 1;
    for (const int64_t side : tensor.shape()) size *= side;
    offsets_.push_back(offsets_.back() + size);
  }
}

void StepTrace::Begin(const Batch& batch) {
  row_.Clear();
  row_.mutable_values()->Resize(static_cast<int>(offsets_.back()),
                                std::numeric_limits<double>::quiet_NaN());
  row_.set_sample_count(static_cast<int32_t>(batch.labels.size(0)));
  Put(0, batch.images);
  Put(1, batch.labels);
  int index = first_weight_;
  for (const NamedTensor& weight : network_.parameters()) Put(index++, weight.tensor);
}

void StepTrace::OnOutput(int64_t layer, const at::Tensor& output) {
  Put(first_output_ + static_cast<int>(layer), output);
}

void StepTrace::End(const at::Tensor& loss, const std::vector<at::Tensor>& gradients) {
  row_.set_loss(loss.item<double>());
  int index = first_gradient_;
  for (const at::Tensor& gradient : gradients) Put(index++, gradient);
}

absl::Status StepTrace::Keep(int64_t step, int epoch) {
  row_.set_step(step);
  row_.set_epoch(epoch);
  return store_.Append(row_);
}

void StepTrace::Put(int index, const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kCPU, at::kDouble).contiguous();
  TORCH_CHECK(values.numel() <= offsets_[index + 1] - offsets_[index],
              "trace: ", layout_.tensors(index).name(), " has ", values.numel(),
              " values, expected ", offsets_[index + 1] - offsets_[index]);
  const double* const first = values.const_data_ptr<double>();
  std::copy(first, first + values.numel(), row_.mutable_values()->begin() + offsets_[index]);
}

}  // namespace traind
