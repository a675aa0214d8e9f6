#include "server/torch/train/mixup.h"

#include <vector>

#include "server/torch/random_generator.h"

namespace traind {
namespace {

// The row before each, within each of `count` batches.
at::Tensor RowsBefore(const at::Tensor& rows, int64_t count) {
  return rows.unflatten(0, {count, -1}).roll(1, 1).flatten(0, 1);
}

// [rows], the share of each row's batch.
at::Tensor PerRow(const at::Tensor& shares, int64_t row_count) {
  const int64_t count = shares.size(0);
  return shares.unsqueeze(1).expand({count, row_count / count}).flatten();
}

at::Tensor Mixed(const at::Tensor& rows, const at::Tensor& shares) {
  std::vector<int64_t> sizes(static_cast<size_t>(rows.dim()), 1);
  sizes[0] = -1;
  const at::Tensor own = PerRow(shares, rows.size(0)).view(sizes);
  // One rounding at a time, so that a row's bits do not depend on where it lies.
  return RowsBefore(rows, shares.size(0)).mul_(1 - own).add_(rows * own);
}

}  // namespace

Mixup::Mixup(double alpha, int64_t batch_count, const at::TensorOptions& options) : alpha_(alpha) {
  if (alpha_ > 0) shares_ = at::zeros({batch_count}, options);
}

void Mixup::StartEpoch(uint64_t seed) {
  if (!is_on()) return;
  at::Generator generator = MakeGenerator(at::kCPU, seed);
  const at::Tensor alphas = at::full({shares_.size(0), 2}, alpha_, at::TensorOptions(at::kDouble));
  // Of two classes, a Dirichlet distribution is a Beta distribution.
  shares_.copy_(at::_sample_dirichlet(alphas, generator).select(1, 0));
}

void Mixup::Apply(const at::Tensor& shares, Batch& batches) {
  batches.images = Mixed(batches.images, shares);
  if (batches.labels.is_floating_point()) {
    batches.labels = Mixed(batches.labels, shares);
    return;
  }
  const at::Tensor others = RowsBefore(batches.labels, shares.size(0));
  const at::Tensor own_is_larger = PerRow(shares, others.size(0)).ge(0.5);
  batches.other_labels = at::where(own_is_larger, others, batches.labels);
  batches.labels = at::where(own_is_larger, batches.labels, others);
  batches.label_shares = at::maximum(shares, 1 - shares);
}

}  // namespace traind
