#include "client/trainctl/metric_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/run_events.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

v1::Event Step(int64_t step, int epoch, float loss, int64_t second = 0) {
  v1::Event event;
  event.mutable_time()->set_seconds(second);
  event.mutable_train_step()->set_step(step);
  event.mutable_train_step()->set_epoch(epoch);
  event.mutable_train_step()->set_loss(loss);
  return event;
}

v1::Event Epoch(int epoch, int64_t step, double eval_loss) {
  v1::EpochFinished finished = FinishedEpoch(epoch, 0.5f, 938, 20, eval_loss, 9779);
  finished.set_step(step);
  return EpochEvent(1, finished);
}

std::vector<std::pair<double, double>> Points(const std::string& metric, PlotAxis axis,
                                              const std::vector<v1::Event>& events) {
  MetricPoints points({*FindRunMetric(metric)}, axis, absl::FromUnixSeconds(1000));
  for (const v1::Event& event : events) points.OnEvent(event);
  std::vector<std::pair<double, double>> pairs;
  for (const PlotPoint& point : points.points(0)) pairs.emplace_back(point.x, point.y);
  return pairs;
}

TEST(MetricPoints, StepsAreOverTheWholeRun) {
  EXPECT_THAT(Points("loss", PlotAxis::kStep, {Step(100, 1, 0.5f), Step(1000, 2, 0.25f)}),
              ElementsAre(Pair(100, 0.5), Pair(1000, 0.25)));
}

TEST(MetricPoints, EpochsAreWholeWhereTheyEndAndPartsWithin) {
  EXPECT_THAT(Points("loss", PlotAxis::kEpoch,
                     {EpochStartedEvent(1, 1), Step(469, 1, 0.5f), Step(1407, 2, 0.25f)}),
              ElementsAre(Pair(0.5, 0.5), Pair(1.5, 0.25)));  // 938 steps in an epoch
  EXPECT_THAT(Points("eval_loss", PlotAxis::kEpoch, {Epoch(1, 938, 0.5), Epoch(2, 1876, 0.25)}),
              ElementsAre(Pair(1, 0.5), Pair(2, 0.25)));
}

TEST(MetricPoints, TimeIsSecondsSinceTheStart) {
  EXPECT_THAT(
      Points("loss", PlotAxis::kTime, {Step(100, 1, 0.5f, 1003), Step(200, 1, 0.25f, 1010)}),
      ElementsAre(Pair(3, 0.5), Pair(10, 0.25)));
}

TEST(MetricPoints, StepsThatAreToldAgainReplaceTheFormerOnes) {
  EXPECT_THAT(Points("loss", PlotAxis::kStep,
                     {Step(100, 1, 0.5f), Step(200, 1, 0.4f), Step(300, 1, 0.3f),
                      Step(200, 1, 0.25f), Step(300, 1, 0.125f)}),
              ElementsAre(Pair(100, 0.5), Pair(200, 0.25), Pair(300, 0.125)));
}

TEST(MetricPoints, OtherEventsAreNoPoints) {
  EXPECT_THAT(Points("eval_loss", PlotAxis::kStep,
                     {Step(100, 1, 0.5f), MessageEvent(2, "hello"), Epoch(1, 938, 0.5)}),
              ElementsAre(Pair(938, 0.5)));
}

}  // namespace
}  // namespace traind
