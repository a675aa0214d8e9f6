#include "client/trainctl/layer_table.h"

#include <google/protobuf/repeated_field.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace traind {
namespace {

using Shape = google::protobuf::RepeatedField<int64_t>;

constexpr int kWidth = 64;
constexpr double kMebibyte = 1 << 20;
constexpr int kValueBytes = 4;

bool IsModule(const v1::Layer& layer) {
  switch (layer.kind_case()) {
    case v1::Layer::kRelu:
    case v1::Layer::kSigmoid:
    case v1::Layer::kTanh:
    case v1::Layer::kGelu:
    case v1::Layer::kSilu:
    case v1::Layer::kLeakyRelu:
    case v1::Layer::kElu:
    case v1::Layer::kSoftplus:
    case v1::Layer::kMaxPool2D:
    case v1::Layer::kMaxPool1D:
    case v1::Layer::kGlobalMaxPool:
    case v1::Layer::kFlatten:
      return false;
    default:
      return true;
  }
}

double ValueCount(const Shape& shape) {
  double count = 1;
  for (int64_t size : shape) count *= static_cast<double>(size);
  return count;
}

// 1234567 as 1,234,567.
std::string Grouped(int64_t number) {
  std::string text = absl::StrCat(number);
  for (int i = static_cast<int>(text.size()) - 3; i > 0; i -= 3) text.insert(i, 1, ',');
  return text;
}

std::string Row(const std::string& layer, const std::string& shape, const std::string& count) {
  return absl::StrFormat("%20s  %25s %15s\n", layer, shape, count);
}

// The rows of layers, those within a layer before its own, and what they put out.
class Rows {
 public:
  void Add(const google::protobuf::RepeatedPtrField<v1::LayerSummary>& layers) {
    for (const v1::LayerSummary& layer : layers) {
      for (const v1::LayerWaySummary& way : layer.ways()) Add(way.layers());
      if (!IsModule(layer.layer())) continue;
      output_values_ += ValueCount(layer.output_shape());
      // Parameters of layers within it are in their own rows.
      const int64_t parameters = layer.ways().empty() ? layer.parameter_count() : 0;
      text_ += Row(absl::StrCat(layer.type(), "-", ++number_),
                   absl::StrCat("[-1, ", absl::StrJoin(layer.output_shape(), ", "), "]"),
                   Grouped(parameters));
    }
  }

  const std::string& text() const { return text_; }
  double output_values() const { return output_values_; }

 private:
  std::string text_;
  int number_ = 0;
  double output_values_ = 0;
};

}  // namespace

std::string LayerTable(const v1::RecipeSummary& summary) {
  const std::string thin = std::string(kWidth, '-') + "\n";
  const std::string thick = std::string(kWidth, '=') + "\n";
  Rows rows;
  rows.Add(summary.layers());
  std::string text = thin + Row("Layer (type)", "Output Shape", "Param #") + thick + rows.text();
  const double input = ValueCount(summary.input_shape()) * kValueBytes / kMebibyte;
  const double passes = 2 * rows.output_values() * kValueBytes / kMebibyte;
  const double parameters =
      static_cast<double>(summary.parameter_count()) * kValueBytes / kMebibyte;
  const int64_t frozen = summary.frozen_parameter_count();
  absl::StrAppend(&text, thick, "Total params: ", Grouped(summary.parameter_count()),
                  "\nTrainable params: ", Grouped(summary.parameter_count() - frozen),
                  "\nNon-trainable params: ", Grouped(frozen), "\n", thin);
  absl::StrAppendFormat(&text, "Input size (MB): %.2f\n", input);
  absl::StrAppendFormat(&text, "Forward/backward pass size (MB): %.2f\n", passes);
  absl::StrAppendFormat(&text, "Params size (MB): %.2f\n", parameters);
  absl::StrAppendFormat(&text, "Estimated Total Size (MB): %.2f\n", input + passes + parameters);
  return text + thin;
}

}  // namespace traind
