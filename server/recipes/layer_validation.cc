#include "server/recipes/layer_validation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

absl::Status ValidateDropout(const std::string& path, const v1::Dropout& dropout) {
  const double p = dropout.probability();
  return ExpectNumber(absl::StrCat(path, ".dropout.probability"), p, p >= 0 && p < 1,
                      "a number in [0, 1)");
}

absl::Status ValidateBatchNorm2d(const std::string& path, const v1::BatchNorm2d& norm) {
  if (norm.has_epsilon()) {
    RETURN_IF_ERROR(ExpectNumber(absl::StrCat(path, ".batch_norm2d.epsilon"), norm.epsilon(),
                                 norm.epsilon() > 0, "a finite number > 0"));
  }
  if (norm.has_momentum()) {
    const double m = norm.momentum();
    RETURN_IF_ERROR(ExpectNumber(absl::StrCat(path, ".batch_norm2d.momentum"), m, m > 0 && m <= 1,
                                 "a number in (0, 1]"));
  }
  return absl::OkStatus();
}

bool HasOneValuePerChannel(const v1::LayerSummary& layer) {
  return layer.layer().has_batch_norm2d() && layer.input_shape(1) == 1 && layer.input_shape(2) == 1;
}

}  // namespace

absl::Status ValidateLayerFields(const v1::Network& network) {
  for (int i = 0; i < network.layers_size(); ++i) {
    const std::string path = absl::StrCat("network.layers[", i, "]");
    const v1::Layer& layer = network.layers(i);
    if (layer.has_dropout()) RETURN_IF_ERROR(ValidateDropout(path, layer.dropout()));
    if (layer.has_batch_norm2d()) {
      RETURN_IF_ERROR(ValidateBatchNorm2d(path, layer.batch_norm2d()));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateNetworkSummary(const v1::Recipe& recipe, const v1::RecipeSummary& summary) {
  for (int i = 0; i < summary.layers_size(); ++i) {
    if (recipe.batch_size() == 1 && HasOneValuePerChannel(summary.layers(i))) {
      return absl::InvalidArgumentError(absl::StrCat(
          "network.layers[", i, "] (batch_norm2d): expected more than one value per channel, got ",
          "a 1x1 map with batch_size 1; use a larger batch"));
    }
  }
  const int last = summary.layers_size() - 1;
  const v1::LayerSummary& layer = summary.layers(last);
  const bool classes = HasClassTargets(recipe.loss());
  if (layer.output_shape_size() == 1 && layer.output_shape(0) >= (classes ? 2 : 1)) {
    return absl::OkStatus();
  }
  return FieldError(absl::StrCat("network.layers[", last, "] (", LayerKindName(layer.layer()), ")"),
                    classes ? "the last layer to put out [classes], at least 2 of them"
                            : "the last layer to put out [values]",
                    ShapeText(layer.output_shape()));
}

}  // namespace traind
