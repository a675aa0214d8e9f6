#include "server/torch/infer/form_check.h"

#include <cmath>
#include <limits>
#include <vector>

#include "server/recipes/row_shape.h"
#include "server/torch/random_generator.h"

namespace traind {

at::Tensor CheckRows(const v1::InputShape& input) {
  constexpr int64_t kRowCount = 64;
  constexpr uint64_t kSeed = 1;
  std::vector<int64_t> sizes = RowShape(input);
  sizes.insert(sizes.begin(), kRowCount);
  at::Tensor rows = at::empty(sizes);
  rows.uniform_(0, 1, MakeGenerator(at::kCPU, kSeed));
  rows[kRowCount - 2].fill_(0);
  rows[kRowCount - 1].fill_(1);
  return rows;
}

double RelativeError(const at::Tensor& expected, const at::Tensor& actual) {
  const at::Tensor difference = (expected.to(at::kDouble) - actual.to(at::kDouble)).abs();
  const double error = difference.max().item<double>();
  const double largest = expected.to(at::kDouble).abs().max().item<double>();
  if (!std::isfinite(error) || !std::isfinite(largest)) {
    return std::numeric_limits<double>::infinity();
  }
  if (error == 0) return 0;
  return largest == 0 ? std::numeric_limits<double>::infinity() : error / largest;
}

double ClassChangeShare(const at::Tensor& expected, const at::Tensor& actual) {
  return expected.argmax(1).ne(actual.argmax(1)).to(at::kDouble).mean().item<double>();
}

}  // namespace traind
