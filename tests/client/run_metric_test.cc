#include "client/trainctl/run_metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/run_events.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::Optional;

v1::Event StepEvent(float loss) {
  v1::Event event;
  event.mutable_train_step()->set_step(100);
  event.mutable_train_step()->set_loss(loss);
  return event;
}

std::optional<double> Value(const std::string& metric, const v1::Event& event) {
  const absl::StatusOr<RunMetric> found = FindRunMetric(metric);
  EXPECT_OK(found);
  return ValueOf(*found, event);
}

v1::Event FurtherEpoch() {
  v1::EpochFinished epoch = FinishedEpoch(1, 0.5f, 938, 20, 0.0772, 9779);
  v1::MetricValue& top = *epoch.add_metrics();
  top.set_name("top_5_accuracy");
  top.add_values(0.99);
  v1::MetricValue& precision = *epoch.add_metrics();
  precision.set_name("precision");
  for (double value : {0.25, 0.5, 0.75}) precision.add_values(value);
  v1::MetricValue& matrix = *epoch.add_metrics();
  matrix.set_name("confusion_matrix");
  for (double value : {1, 2, 3, 4}) matrix.add_values(value);
  return EpochEvent(7, epoch);
}

TEST(RunMetric, LossIsOfAStepAndEvalLossOfAnEpoch) {
  EXPECT_EQ(FindRunMetric("loss")->kind, v1::EVENT_KIND_TRAIN_STEP);
  EXPECT_EQ(FindRunMetric("eval_loss")->kind, v1::EVENT_KIND_EPOCH_FINISHED);
  EXPECT_THAT(Value("loss", StepEvent(0.5f)), Optional(0.5));
  EXPECT_THAT(Value("eval_loss", FurtherEpoch()), Optional(0.0772));
}

TEST(RunMetric, EventOfAnotherKindHasNoValue) {
  EXPECT_EQ(Value("eval_loss", StepEvent(0.5f)), std::nullopt);
  EXPECT_EQ(Value("loss", FurtherEpoch()), std::nullopt);
}

TEST(RunMetric, AccuracyIsPercentOfTheEvaluationRows) {
  EXPECT_THAT(Value("accuracy", FurtherEpoch()), Optional(97.79));  // 9779 of 10000
}

TEST(RunMetric, AccuracyWithoutRowsIsNone) {
  EXPECT_EQ(Value("train_accuracy", FurtherEpoch()), std::nullopt);
}

TEST(RunMetric, FurtherMetricIsFoundByItsNameAndClass) {
  EXPECT_THAT(Value("top_5_accuracy", FurtherEpoch()), Optional(0.99));
  EXPECT_THAT(Value("precision[2]", FurtherEpoch()), Optional(0.75));
  EXPECT_EQ(Value("precision[3]", FurtherEpoch()), std::nullopt);
  EXPECT_EQ(Value("recall[0]", FurtherEpoch()), std::nullopt);
}

TEST(RunMetric, WhatCannotBeANameIsRefused) {
  for (const char* name : {"", "Loss", "loss;", "precision[x]", "precision[12345]", "[1]"}) {
    EXPECT_THAT(FindRunMetric(name), StatusIs(absl::StatusCode::kInvalidArgument, "--metric"))
        << name;
  }
}

TEST(RunMetric, LabelHasTheUnit) {
  EXPECT_EQ(FindRunMetric("accuracy")->label, "Accuracy on the evaluation split [%]");
  EXPECT_EQ(FindRunMetric("eval_seconds")->label, "Time of an evaluation [s]");
  EXPECT_EQ(FindRunMetric("root_mean_squared_error")->label, "Root mean squared error");
}

TEST(RunMetricNames, FiguresAreListedAndPositionsAreNot) {
  EXPECT_THAT(RunMetricNames(), IsSupersetOf({"loss", "learning_rate", "train_loss", "eval_loss",
                                              "accuracy", "train_seconds"}));
  EXPECT_THAT(RunMetricNames(), Not(Contains("step")));
  EXPECT_THAT(RunMetricNames(), Not(Contains("metrics")));
}

TEST(FurtherMetricNames, EachClassHasAName) {
  EXPECT_THAT(FurtherMetricNames(FurtherEpoch().epoch_finished()),
              ElementsAre("top_5_accuracy", "precision[0]", "precision[1]", "precision[2]"));
}

}  // namespace
}  // namespace traind
