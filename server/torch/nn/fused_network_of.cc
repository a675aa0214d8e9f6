#include "server/torch/nn/fused_network_of.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/nn/pixel_normalization.h"
#include "server/torch/nn/stage_tensors_of.h"
#include "server/torch/random_generator.h"

namespace traind {
namespace {

// More than go through the linear layers at once.
constexpr int64_t kRowsToCompare = 20;
constexpr double kToleratedShare = 1e-4;

std::vector<Affine> PixelsOf(const v1::Normalization& normalization) {
  std::vector<Affine> pixels;
  for (int c = 0; c < normalization.mean_size(); ++c) {
    const double deviation = normalization.standard_deviation(c);
    pixels.push_back({static_cast<float>(1 / deviation),
                      static_cast<float>(-normalization.mean(c) / deviation)});
  }
  return pixels;
}

absl::Status Compare(const v1::InputShape& input, const v1::Normalization& normalization,
                     const Network& network, const FusedNetwork& fused) {
  const c10::InferenceMode inference;
  const at::Tensor images =
      at::rand({kRowsToCompare, input.channels(), input.height(), input.width()},
               MakeGenerator(at::kCPU, 1), at::TensorOptions().dtype(at::kFloat));
  at::Tensor logits = at::empty({kRowsToCompare, network.class_count()}, at::kFloat);
  fused.Run(images.const_data_ptr<float>(), kRowsToCompare, logits.mutable_data_ptr<float>());
  const PixelNormalization normalize(normalization, at::kCPU);
  const at::Tensor expected = network.Forward(normalize.FromFractions(images.clone()), {});
  const double largest = expected.abs().max().item<double>();
  const double difference = (logits - expected).abs().max().item<double>();
  if (difference <= kToleratedShare * largest) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("expected the logits of the plain network, up to ",
                                          largest, ", got some that differ by ", difference));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FusedNetwork>> FusedNetworkOf(const v1::Network& description,
                                                             const v1::Normalization& normalization,
                                                             const Network& network, bool bf16) {
  ASSIGN_OR_RETURN(const FusedPlan plan, PlanFused(description));
  const std::vector<StageTensors> tensors = StageTensorsOf(plan, network);
  FusedNetwork::Options options;
  options.pixels = PixelsOf(normalization);
  std::unique_ptr<FusedNetwork> fused = FusedNetwork::Create(plan, tensors, options);
  RETURN_IF_ERROR(Compare(description.input(), normalization, network, *fused));
  if (!bf16) return fused;
  options.bf16 = true;
  return FusedNetwork::Create(plan, tensors, options);
}

}  // namespace traind
