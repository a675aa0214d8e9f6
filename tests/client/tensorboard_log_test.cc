#include "client/trainctl/tensorboard_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/client/run_events.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

v1::Event Step(int64_t step, float loss) {
  v1::Event event;
  event.mutable_time()->set_seconds(1'700'000'000 + step);
  event.mutable_train_step()->set_step(step);
  event.mutable_train_step()->set_loss(loss);
  event.mutable_train_step()->set_learning_rate(0.05);
  return event;
}

v1::Event Epoch(int epoch, int64_t step) {
  v1::EpochFinished finished = FinishedEpoch(epoch, 0.5f, 938, 20, 0.0772, 9779);
  finished.set_step(step);
  return EpochEvent(1, finished);
}

class TensorboardLogTest : public testing::Test {
 protected:
  TensorboardLogTest() {
    run_.set_id("s4-17");
    run_.mutable_create_time()->set_seconds(1'700'000'000);
  }

  std::string path() const {
    return directory_.path() + "/s4-17/events.out.tfevents.1700000000.s4-17";
  }

  void Export(const std::vector<v1::Event>& events) {
    const absl::StatusOr<std::unique_ptr<TensorboardLog>> log =
        TensorboardLog::Open(directory_.path(), run_);
    ASSERT_OK(log);
    for (const v1::Event& event : events) (*log)->OnEvent(event);
    ASSERT_OK((*log)->Finish());
  }

  // The file's records, by their lengths. Their sums are checked by TensorBoard in tests/e2e.
  std::vector<tensorboard::Event> Records() const {
    std::ostringstream content;
    content << std::ifstream(path(), std::ios::binary).rdbuf();
    const std::string bytes = content.str();
    std::vector<tensorboard::Event> records;
    for (size_t at = 0; at < bytes.size();) {
      uint64_t length = 0;
      std::memcpy(&length, bytes.data() + at, sizeof(length));
      EXPECT_TRUE(records.emplace_back().ParseFromString(bytes.substr(at + 12, length)));
      at += 12 + length + 4;
    }
    return records;
  }

  static std::map<std::string, float> Values(const tensorboard::Event& event) {
    std::map<std::string, float> values;
    for (const auto& value : event.summary().value()) values[value.tag()] = value.simple_value();
    return values;
  }

  const TempDirectory directory_;
  v1::Run run_;
};

TEST_F(TensorboardLogTest, FileBeginsWithItsVersion) {
  Export({});
  EXPECT_EQ(Records().at(0).file_version(), "brain.Event:2");
  EXPECT_EQ(Records().at(0).wall_time(), 1.7e9);
}

TEST_F(TensorboardLogTest, StepHasItsFiguresTimeAndNumber) {
  Export({Step(100, 0.5f)});
  const tensorboard::Event event = Records().at(1);
  EXPECT_EQ(event.step(), 100);
  EXPECT_EQ(event.wall_time(), 1'700'000'100);
  EXPECT_THAT(Values(event),
              ElementsAre(Pair("step/learning_rate", 0.05f), Pair("step/loss", 0.5f)));
}

TEST_F(TensorboardLogTest, EpochHasItsFiguresAtItsLastStep) {
  Export({Epoch(1, 938)});
  const tensorboard::Event event = Records().at(1);
  EXPECT_EQ(event.step(), 938);
  EXPECT_THAT(Values(event), IsSupersetOf({Pair("epoch/eval_loss", 0.0772f),
                                           Pair("epoch/accuracy_percent", 97.79f),
                                           Pair("epoch/train_seconds", 20.0f)}));
  EXPECT_THAT(Values(event),
              Not(Contains(Key("epoch/train_accuracy_percent"))));  // no training rows are told
}

TEST_F(TensorboardLogTest, FurtherMetricsHaveTheirNames) {
  v1::Event epoch = Epoch(1, 938);
  v1::MetricValue& recall = *epoch.mutable_epoch_finished()->add_metrics();
  recall.set_name("recall");
  recall.add_values(0.5);
  recall.add_values(0.25);
  Export({epoch});
  EXPECT_THAT(Values(Records().at(1)),
              IsSupersetOf({Pair("epoch/recall/0", 0.5f), Pair("epoch/recall/1", 0.25f)}));
}

TEST_F(TensorboardLogTest, OtherEventsAreLeftOut) {
  Export({MessageEvent(1, "hello"), SucceededEvent(2)});
  EXPECT_EQ(Records().size(), 1u);
}

TEST_F(TensorboardLogTest, StepsThatAreToldAgainBeginASessionOnce) {
  Export({Step(100, 1), Step(200, 1), Step(300, 1), Step(200, 2), Step(300, 2)});
  std::vector<int64_t> restarts;
  for (const tensorboard::Event& event : Records()) {
    if (event.session_log().status() == tensorboard::SessionLog::START)
      restarts.push_back(event.step());
  }
  EXPECT_THAT(restarts, ElementsAre(200));
}

TEST_F(TensorboardLogTest, EpochAtTheStepOfItsLastTrainStepIsNoRestart) {
  Export({Step(900, 1), Step(938, 1), Epoch(1, 938), Step(1000, 1)});
  for (const tensorboard::Event& event : Records()) EXPECT_FALSE(event.has_session_log());
}

TEST_F(TensorboardLogTest, EpochThatIsToldAgainAfterItsStepsIsNoSecondRestart) {
  Export({Step(900, 1), Epoch(1, 938), Step(900, 2), Epoch(1, 938)});
  int restarts = 0;
  for (const tensorboard::Event& event : Records()) restarts += event.has_session_log() ? 1 : 0;
  EXPECT_EQ(restarts, 1);
}

TEST_F(TensorboardLogTest, LaterExportAddsWhatIsNew) {
  Export({Step(100, 0.5f)});
  Export({Step(100, 0.5f), Step(200, 0.25f)});
  EXPECT_EQ(Records().size(), 3u);
  EXPECT_EQ(Records().at(2).step(), 200);
}

}  // namespace
}  // namespace traind
