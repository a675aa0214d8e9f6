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
  return !layer.has_relu() && !layer.has_max_pool2d() && !layer.has_flatten();
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

}  // namespace

std::string LayerTable(const v1::RecipeSummary& summary) {
  const std::string thin = std::string(kWidth, '-') + "\n";
  const std::string thick = std::string(kWidth, '=') + "\n";
  std::string text = thin + Row("Layer (type)", "Output Shape", "Param #") + thick;
  int number = 0;
  double output_values = 0;
  for (const v1::LayerSummary& layer : summary.layers()) {
    if (!IsModule(layer.layer())) continue;
    output_values += ValueCount(layer.output_shape());
    text += Row(absl::StrCat(layer.type(), "-", ++number),
                absl::StrCat("[-1, ", absl::StrJoin(layer.output_shape(), ", "), "]"),
                Grouped(layer.parameter_count()));
  }
  const double input = ValueCount(summary.input_shape()) * kValueBytes / kMebibyte;
  const double passes = 2 * output_values * kValueBytes / kMebibyte;
  const double parameters =
      static_cast<double>(summary.parameter_count()) * kValueBytes / kMebibyte;
  absl::StrAppend(&text, thick, "Total params: ", Grouped(summary.parameter_count()),
                  "\nTrainable params: ", Grouped(summary.parameter_count()),
                  "\nNon-trainable params: 0\n", thin);
  absl::StrAppendFormat(&text, "Input size (MB): %.2f\n", input);
  absl::StrAppendFormat(&text, "Forward/backward pass size (MB): %.2f\n", passes);
  absl::StrAppendFormat(&text, "Params size (MB): %.2f\n", parameters);
  absl::StrAppendFormat(&text, "Estimated Total Size (MB): %.2f\n", input + passes + parameters);
  return text + thin;
}

}  // namespace traind
