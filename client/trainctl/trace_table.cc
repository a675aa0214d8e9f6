#include "client/trainctl/trace_table.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/trainctl/csv_number.h"

namespace traind {
namespace {

int64_t SizeOf(const v1::TraceTensor& tensor) {
  int64_t size = 1;
  for (const int64_t side : tensor.shape()) size *= side;
  return size;
}

// `[1][0]` for the element at this place of the row-major tensor.
std::string IndexText(const v1::TraceTensor& tensor, int64_t place) {
  std::string text;
  for (int axis = tensor.shape_size() - 1; axis >= 0; --axis) {
    text = absl::StrCat("[", place % tensor.shape(axis), "]", text);
    place /= tensor.shape(axis);
  }
  return text;
}

// True when the tensor's first size is the batch's.
bool IsOfSamples(const v1::TraceTensor& tensor) {
  return tensor.kind() != v1::TRACE_KIND_WEIGHT && tensor.kind() != v1::TRACE_KIND_GRADIENT;
}

// For any network.
class TensorTable : public TraceTable {
 public:
  explicit TensorTable(const v1::TraceLayout& layout) : layout_(layout) {}

  std::vector<std::string> ColumnNames() const override {
    std::vector<std::string> names = {"step", "epoch", "samples", "loss"};
    for (const v1::TraceTensor& tensor : layout_.tensors()) {
      const char* prefix = tensor.kind() == v1::TRACE_KIND_GRADIENT ? "gradient." : "";
      for (int64_t i = 0; i < SizeOf(tensor); ++i) {
        names.push_back(absl::StrCat(prefix, tensor.name(), IndexText(tensor, i)));
      }
    }
    return names;
  }

  std::vector<std::string> Cells(const v1::TraceRow& row) const override {
    std::vector<std::string> cells = {absl::StrCat(row.step()), absl::StrCat(row.epoch()),
                                      absl::StrCat(row.sample_count()), CsvNumber(row.loss())};
    int next = 0;
    for (const v1::TraceTensor& tensor : layout_.tensors()) {
      const int64_t size = SizeOf(tensor);
      int64_t filled = size;
      if (IsOfSamples(tensor)) filled = size / tensor.shape(0) * row.sample_count();
      for (int64_t i = 0; i < size; ++i, ++next) {
        cells.push_back(i < filled ? CsvNumber(row.values(next)) : "");
      }
    }
    return cells;
  }

 private:
  const v1::TraceLayout layout_;
};

// For the network of the S4 assignment's first part. Its rows hold i, t, w1 to w4, w5 to w8, h,
// a_h, o, a_o, then the derivatives in the order of the weights.
class BackpropTable : public TraceTable {
 public:
  static constexpr int kValueCount = 28;

  std::vector<std::string> ColumnNames() const override {
    std::vector<std::string> names;
    for (const auto& [name, count] :
         {std::pair("i", 2), std::pair("t", 2), std::pair("w", 8), std::pair("h", 2),
          std::pair("a_h", 2), std::pair("o", 2), std::pair("a_o", 2), std::pair("E", 2)}) {
      for (int i = 1; i <= count; ++i) names.push_back(absl::StrCat(name, i));
    }
    names.push_back("E_total");
    for (int i = 1; i <= 8; ++i) names.push_back(absl::StrCat("∂E/∂w", i));
    return names;
  }

  std::vector<std::string> Cells(const v1::TraceRow& row) const override {
    constexpr int kTargets = 2;
    constexpr int kOutputs = 18;
    constexpr int kDerivatives = 20;
    std::vector<std::string> cells;
    cells.reserve(kDerivatives + 3 + 8);
    for (int i = 0; i < kDerivatives; ++i) cells.push_back(CsvNumber(row.values(i)));
    for (int i = 0; i < 2; ++i) {
      const double error = row.values(kTargets + i) - row.values(kOutputs + i);
      cells.push_back(CsvNumber(0.5 * error * error));
    }
    cells.push_back(CsvNumber(row.loss()));
    for (int i = kDerivatives; i < kValueCount; ++i) cells.push_back(CsvNumber(row.values(i)));
    return cells;
  }
};

bool IsPairOfUnits(const v1::Layer& linear, const v1::Layer& sigmoid) {
  return linear.has_linear() && linear.linear().out_features() == 2 && linear.linear().has_bias() &&
         !linear.linear().bias() && !linear.frozen() && sigmoid.has_sigmoid();
}

bool IsBackprop(const v1::Recipe& recipe) {
  const v1::Network& network = recipe.network();
  return network.input().features() == 2 && network.layers_size() == 4 &&
         IsPairOfUnits(network.layers(0), network.layers(1)) &&
         IsPairOfUnits(network.layers(2), network.layers(3)) &&
         recipe.loss().has_half_squared_error() && recipe.batch_size() == 1;
}

}  // namespace

std::unique_ptr<TraceTable> MakeTraceTable(const v1::Recipe& recipe,
                                           const v1::TraceLayout& layout) {
  int64_t value_count = 0;
  for (const v1::TraceTensor& tensor : layout.tensors()) value_count += SizeOf(tensor);
  if (IsBackprop(recipe) && value_count == BackpropTable::kValueCount) {
    return std::make_unique<BackpropTable>();
  }
  return std::make_unique<TensorTable>(layout);
}

}  // namespace traind
