// Residual blocks by the fused kernels against the tensor library's own functions and
// automatic differentiation.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/fused/fused_network.h"
#include "server/fused/step_engine.h"
#include "server/torch/random_generator.h"
#include "tests/torch/fused_recipes.h"
#include "tests/torch/residual_reference.h"

namespace traind {
namespace {

std::vector<FusedCase> ResidualCases() {
  const std::string head =
      "layers { adaptive_avg_pool2d { output_size: 1 } } layers { flatten {} }"
      "layers { linear { out_features: 3 } }";
  const std::string relu = "layers { relu {} }";
  const std::string norm = "layers { batch_norm2d {} }";
  const auto conv = [](const char* options) {
    return absl::StrCat("layers { conv2d { ", options, " } }");
  };
  const std::string first = conv("out_channels: 18 kernel_size: 3 padding: 1");
  const std::string same = conv("out_channels: 18 kernel_size: 3 padding: 1 bias: false");
  const std::string down = conv("out_channels: 34 kernel_size: 3 padding: 1 stride: 2");
  const std::string wide = conv("out_channels: 34 kernel_size: 3 padding: 1");
  const std::string basic = same + norm + relu + same + norm;
  const std::string projection =
      "shortcut { conv2d { out_channels: 34 kernel_size: 1 stride: 2 bias: false } }"
      "shortcut { batch_norm2d {} }";
  const auto residual = [](const std::string& inside) {
    return "layers { residual { " + inside + " } }";
  };
  return {
      // As in ResNet: identity, then a block that halves the picture.
      {"ResNet", first + norm + relu + residual(basic) + relu +
                     residual(down + norm + relu + wide + norm + projection) + relu + head},
      // Batch normalisation and ReLU before each convolution: the blocks read a sum.
      {"BeforeActivation", first + residual(norm + relu + same + norm + relu + same) +
                               residual(norm + relu + same) + norm + relu + head},
      {"WithinAnother", first + relu + residual(same + norm + residual(same + relu) + norm) + head},
      {"PooledWays", first +
                         residual("layers { max_pool2d { kernel_size: 2 } }"
                                  "shortcut { relu {} }"
                                  "shortcut { max_pool2d { kernel_size: 2 } }") +
                         head},
      {"TwiceTheSame", first + residual("layers { dropout {} }") + same + norm + head},
      {"OfTheImage", residual(conv("out_channels: 1 kernel_size: 3 padding: 1")) + first + head},
      {"OfLinearLayers", first +
                             "layers { adaptive_avg_pool2d { output_size: 1 } }"
                             "layers { flatten {} }" +
                             residual("layers { linear { out_features: 30 } } layers { relu {} }"
                                      "layers { linear { out_features: 18 } }") +
                             relu + "layers { linear { out_features: 3 } }"},
  };
}

float* Values(const TensorsByName& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : found->second.mutable_data_ptr<float>();
}

// Where a plan's stages have these tensors.
std::vector<StageTensors> StagesOf(const FusedPlan& plan, const TensorsByName& tensors) {
  std::vector<StageTensors> stages;
  for (const FusedStage& stage : plan.stages) {
    StageTensors& found = stages.emplace_back();
    found.weight = Values(tensors, absl::StrCat("layers.", stage.layer, ".weight"));
    found.bias = Values(tensors, absl::StrCat("layers.", stage.layer, ".bias"));
    if (!stage.batch_norm) continue;
    const std::string norm = absl::StrCat("layers.", stage.batch_norm->layer);
    found.scale = Values(tensors, norm + ".weight");
    found.shift = Values(tensors, norm + ".bias");
    found.running_mean = Values(tensors, norm + ".running_mean");
    found.running_variance = Values(tensors, norm + ".running_var");
  }
  return stages;
}

class FusedResidual : public ::testing::TestWithParam<FusedCase> {
 protected:
  FusedResidual() {
    at::Generator generator = MakeGenerator(at::kCPU, 11);
    const auto add = [&](const std::string& name, at::IntArrayRef sizes, double from, double to) {
      tensors_[name] = at::empty(sizes).uniform_(from, to, generator);
    };
    for (const FusedStage& stage : plan_.stages) {
      const int64_t channels = stage.out_channels;
      const std::string layer = absl::StrCat("layers.", stage.layer);
      const int64_t size = stage.kernel_height;
      const double bound = 1 / std::sqrt(static_cast<double>(stage.in_channels * size * size));
      if (stage.is_linear()) {
        add(layer + ".weight", {channels, stage.in_channels}, -bound, bound);
      } else if (stage.has_weights()) {
        add(layer + ".weight", {channels, stage.in_channels, size, size}, -bound, bound);
      }
      if (stage.bias) add(layer + ".bias", {channels}, -bound, bound);
      if (!stage.batch_norm) continue;
      const std::string norm = absl::StrCat("layers.", stage.batch_norm->layer);
      add(norm + ".weight", {channels}, -1.5, 1.5);
      add(norm + ".bias", {channels}, -0.5, 0.5);
      add(norm + ".running_mean", {channels}, -0.5, 0.5);
      add(norm + ".running_var", {channels}, 0.5, 1.5);
    }
  }

  struct Gradients {
    double loss = 0;
    TensorsByName by_name;
  };

  // By automatic differentiation in this type.
  Gradients Differentiate(at::ScalarType type, const Batch& batch) const {
    TensorsByName tensors;
    std::vector<std::string> names;
    std::vector<at::Tensor> parameters;
    for (const auto& [name, tensor] : tensors_) {
      tensors[name] = tensor.clone().to(type);
      if (name.find(".running_") != std::string::npos) continue;
      names.push_back(name);
      parameters.push_back(tensors[name].set_requires_grad(true));
    }
    const at::Tensor logits =
        ReferenceForward(recipe_.network(), tensors, batch.images.to(type), /*training=*/true);
    const at::Tensor loss =
        at::cross_entropy_loss(logits, batch.labels, {}, at::Reduction::Mean, -100, 0.1);
    const std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, parameters);
    Gradients result;
    result.loss = loss.item<double>();
    for (size_t i = 0; i < names.size(); ++i) result.by_name[names[i]] = gradients[i];
    return result;
  }

  Gradients Step(const Batch& batch, bool bf16, int thread_count) const {
    StepEngine::Options options;
    options.batch_max = 8;
    options.thread_count = thread_count;
    options.label_smoothing = 0.1;
    options.bf16 = bf16;
    TensorsByName network;
    for (const auto& [name, tensor] : tensors_) network[name] = tensor.clone();
    const auto engine = StepEngine::Create(plan_, options, StagesOf(plan_, network),
                                           std::vector<StageTensors>(plan_.stages.size()));
    StepEngine::Batch rows;
    rows.images = batch.images.const_data_ptr<float>();
    rows.labels = batch.labels.const_data_ptr<int64_t>();
    rows.row_count = batch.labels.size(0);
    Gradients result;
    result.loss = engine->Run(rows, 0).loss_sum / static_cast<double>(rows.row_count);
    for (const auto& [name, tensor] : tensors_) result.by_name[name] = at::zeros_like(tensor);
    const std::vector<StageTensors> to = StagesOf(plan_, result.by_name);
    for (size_t s = 0; s < to.size(); ++s) {
      for (const StageParameter& parameter : ParametersOf(plan_.stages[s])) {
        std::copy_n(engine->gradients()[s].*parameter.tensor, parameter.size,
                    to[s].*parameter.tensor);
      }
    }
    return result;
  }

  const v1::Recipe recipe_ = FusedRecipe(GetParam());
  const FusedPlan plan_ = *PlanFused(recipe_.network());
  TensorsByName tensors_;
};

double Norm(const at::Tensor& tensor) { return tensor.to(at::kDouble).norm().item<double>(); }

// Gradients that are zero but for rounding are held against the largest.
double RelativeError(const at::Tensor& value, const at::Tensor& exact, double largest) {
  const double norm = Norm(exact);
  return Norm(value.to(at::kDouble) - exact) / (norm > 1e-9 * largest ? norm : largest);
}

double LargestNorm(const TensorsByName& tensors) {
  double largest = 0;
  for (const auto& [name, tensor] : tensors) largest = std::max(largest, Norm(tensor));
  return largest;
}

TEST_P(FusedResidual, GradientsAreAsExactAsAutograds) {
  const Batch batch = RandomBatch(recipe_, 8, 5);
  const Gradients exact = Differentiate(at::kDouble, batch);
  const Gradients plain = Differentiate(at::kFloat, batch);
  const Gradients fused = Step(batch, /*bf16=*/false, /*thread_count=*/2);
  EXPECT_NEAR(fused.loss, exact.loss, 1e-6);
  const double largest = LargestNorm(exact.by_name);
  for (const auto& [name, gradient] : exact.by_name) {
    EXPECT_LE(RelativeError(fused.by_name.at(name), gradient, largest),
              2 * RelativeError(plain.by_name.at(name), gradient, largest) + 1e-6)
        << name;
  }
}

TEST_P(FusedResidual, GradientsInBf16AreThoseUpToItsRounding) {
  const Batch batch = RandomBatch(recipe_, 8, 5);
  const Gradients exact = Differentiate(at::kDouble, batch);
  const Gradients fused = Step(batch, /*bf16=*/true, /*thread_count=*/2);
  EXPECT_NEAR(fused.loss, exact.loss, 0.02);
  const double largest = LargestNorm(exact.by_name);
  for (const auto& [name, gradient] : exact.by_name) {
    // A rounding error is 2^-9 in each of some ten roundings on the way, and maxima and
    // signs near 0 may change.
    EXPECT_LE(Norm(fused.by_name.at(name) - gradient), 0.1 * Norm(gradient) + 0.01 * largest)
        << name;
  }
}

TEST_P(FusedResidual, GradientsDoNotDependOnTheNumberOfThreads) {
  const Batch batch = RandomBatch(recipe_, 7, 5);
  const Gradients one = Step(batch, /*bf16=*/false, /*thread_count=*/1);
  const Gradients three = Step(batch, /*bf16=*/false, /*thread_count=*/3);
  const double largest = LargestNorm(one.by_name);
  for (const auto& [name, gradient] : one.by_name) {
    EXPECT_LE(Norm(three.by_name.at(name) - gradient), 1e-5 * largest) << name;
  }
}

TEST_P(FusedResidual, GivesTheLogitsOfTheDefinition) {
  const c10::InferenceMode inference;
  const auto fused = FusedNetwork::Create(plan_, StagesOf(plan_, tensors_), {});
  for (const int64_t rows : {1, 21}) {
    const Batch batch = RandomBatch(recipe_, rows, 9);
    const at::Tensor expected =
        ReferenceForward(recipe_.network(), tensors_, batch.images, /*training=*/false);
    at::Tensor logits = at::empty_like(expected);
    fused->Run(batch.images.const_data_ptr<float>(), rows, logits.mutable_data_ptr<float>());
    const double largest = expected.abs().max().item<double>();
    EXPECT_LE((logits - expected).abs().max().item<double>(), 1e-5 * largest) << rows << " rows";
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, FusedResidual, ::testing::ValuesIn(ResidualCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace traind
