#include "server/torch/train/step_fit.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

absl::Status DoesNotFit(absl::string_view field, absl::string_view expected,
                        absl::string_view got) {
  return absl::UnimplementedError(absl::StrCat(field, ": expected ", expected, ", got ", got));
}

// The name of the kind that is set of a message's `kind`.
std::string KindOf(const google::protobuf::Message& message) {
  const auto* kind = message.GetReflection()->GetOneofFieldDescriptor(
      message, message.GetDescriptor()->FindOneofByName("kind"));
  return kind == nullptr ? "none" : kind->name();
}

absl::Status FitsLayers(const v1::Network& network) {
  if (!network.has_module()) return absl::OkStatus();
  return DoesNotFit("network", "layers", absl::StrCat("the module ", network.module().name()));
}

absl::Status FitsFloat32(const v1::Recipe& recipe) {
  if (recipe.float64()) return DoesNotFit("float64", "32-bit numbers", "64-bit ones");
  return absl::OkStatus();
}

}  // namespace

absl::Status FitsFusedStep(const v1::Recipe& recipe) {
  RETURN_IF_ERROR(FitsLayers(recipe.network()));
  if (!recipe.loss().has_cross_entropy()) {
    return DoesNotFit("loss", "cross_entropy", KindOf(recipe.loss()));
  }
  if (!recipe.loss().cross_entropy().class_weights().empty()) {
    return DoesNotFit("loss.cross_entropy.class_weights", "none", "some");
  }
  return FitsFloat32(recipe);
}

absl::Status FitsCapturedSteps(const v1::Recipe& recipe) {
  RETURN_IF_ERROR(FitsLayers(recipe.network()));
  RETURN_IF_ERROR(FitsFloat32(recipe));
  if (!recipe.optimizer().has_sgd()) {
    return DoesNotFit("optimizer", "sgd", KindOf(recipe.optimizer()));
  }
  if (recipe.accumulate_batches() > 1) {
    return DoesNotFit("accumulate_batches", "an update for each batch",
                      absl::StrCat(recipe.accumulate_batches()));
  }
  return absl::OkStatus();
}

}  // namespace traind
