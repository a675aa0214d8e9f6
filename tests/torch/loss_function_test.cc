#include "server/torch/train/loss_function.h"

#include <gtest/gtest.h>

#include "tests/torch/training_fixture.h"

namespace traind {
namespace {

constexpr double kTolerance = 1e-12;

at::Tensor ToTensor(const nlohmann::json& values, at::IntArrayRef shape) {
  return at::tensor(values.get<std::vector<double>>(), at::kDouble).view(shape);
}

struct Case {
  explicit Case(const nlohmann::json& json)
      : text(json.at("loss")),
        loss(MessageOfText<v1::Loss>(text)),
        outputs(ToTensor(json.at("outputs"), json.at("shape").get<std::vector<int64_t>>())),
        value(json.at("value")),
        gradient(ToTensor(json.at("gradient"), outputs.sizes())) {
    const at::Tensor plain = ToTensor(json.at("targets"), {-1});
    targets = loss.has_cross_entropy() ? plain.to(at::kLong) : plain.view(outputs.sizes());
  }

  std::string text;
  v1::Loss loss;
  at::Tensor outputs;
  at::Tensor targets;
  double value;
  at::Tensor gradient;
};

TEST(LossFunction, EqualsPyTorchInValueAndGradient) {
  const nlohmann::json cases = TrainingCases("losses");
  ASSERT_EQ(cases.size(), 10u);
  for (const nlohmann::json& json : cases) {
    const Case expected(json);
    const at::Tensor outputs = expected.outputs.clone().set_requires_grad(true);
    const LossFunction function(expected.loss, outputs.options());

    const at::Tensor loss = function.Mean(outputs, expected.targets);

    EXPECT_NEAR(loss.item<double>(), expected.value, kTolerance) << expected.text;
    const at::Tensor gradient = torch::autograd::grad({loss}, {outputs})[0];
    EXPECT_LE((gradient - expected.gradient).abs().max().item<double>(), kTolerance)
        << expected.text;
  }
}

TEST(LossFunction, RowsHaveTheMeanWhereNothingIsSmoothedOrWeighted) {
  int count = 0;
  for (const nlohmann::json& json : TrainingCases("losses")) {
    const Case expected(json);
    if (expected.text.find("smoothing") != std::string::npos ||
        expected.text.find("weights") != std::string::npos) {
      continue;
    }
    const LossFunction function(expected.loss, expected.outputs.options());
    const at::Tensor rows = function.RowLosses(expected.outputs, expected.targets);
    EXPECT_EQ(rows.dim(), 1) << expected.text;
    EXPECT_NEAR(rows.mean().item<double>(), expected.value, kTolerance) << expected.text;
    ++count;
  }
  EXPECT_EQ(count, 6);
}

TEST(LossFunction, MeasuresRowsWithoutSmoothingAndWeights) {
  const Case plain(TrainingCases("losses")[0]);
  const Case smoothed(TrainingCases("losses")[3]);
  ASSERT_GT(smoothed.loss.cross_entropy().class_weights_size(), 0);
  const auto rows = [](const Case& one) {
    return LossFunction(one.loss, one.outputs.options()).RowLosses(one.outputs, one.targets);
  };
  EXPECT_TRUE(at::equal(rows(plain), rows(smoothed)));
}

TEST(LossFunction, BatchesWeighAsMuchAsTheirRowsOrTheirClasses) {
  const at::Tensor labels = at::tensor({0, 1, 1}, at::kLong);
  const at::TensorOptions options = at::kDouble;
  const auto weight = [&](const char* loss) {
    return LossFunction(MessageOfText<v1::Loss>(loss), options).Weight(labels).item<double>();
  };
  EXPECT_EQ(weight("cross_entropy {}"), 3);
  EXPECT_EQ(weight("cross_entropy { class_weights: [1, 0.25] }"), 1.5);
}

TEST(LossFunction, CountsRowsThatAreRight) {
  const at::Tensor outputs =
      at::tensor({1.0, -1.0, -2.0, 3.0, 0.5, 0.25}, at::kDouble).view({3, 2});
  const auto count = [&](const char* loss, const at::Tensor& targets) {
    return LossFunction(MessageOfText<v1::Loss>(loss), outputs.options())
        .CorrectCount(outputs, targets)
        .item<int64_t>();
  };
  EXPECT_EQ(count("cross_entropy {}", at::tensor({0, 1, 1}, at::kLong)), 2);
  // The last row has its second output on the wrong side.
  const at::Tensor values = at::tensor({1.0, 0.0, 0.0, 1.0, 1.0, 0.0}, at::kDouble).view({3, 2});
  EXPECT_EQ(count("binary_cross_entropy {}", values), 2);
  EXPECT_EQ(count("mean_squared_error {}", outputs), 0);
}

}  // namespace
}  // namespace traind
