#include "client/trainctl/plain_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/client/run_events.h"

namespace traind {
namespace {

// The log of a PyTorch training with tqdm: per epoch the last loss (a float32
// printed by Python), elapsed time, steps a second, and the test line's figures.
struct LoggedEpoch {
  int epoch;
  const char* loss;
  const char* elapsed;
  const char* rate;
  const char* eval_loss;
  int correct;
  const char* percent;
};
constexpr LoggedEpoch kLoggedEpochs[] = {
    {1, "0.04502683877944946", "00:22", "41.44", "0.0772", 9779, "97.79"},
    {2, "0.09046034514904022", "00:19", "48.80", "0.0548", 9827, "98.27"},
    {3, "0.019108165055513382", "00:19", "48.76", "0.0402", 9875, "98.75"},
    {4, "0.029182815924286842", "00:19", "48.34", "0.0335", 9904, "99.04"},
    {5, "0.008654656819999218", "00:19", "48.10", "0.0271", 9922, "99.22"},
    {6, "0.0032439972274005413", "00:20", "46.43", "0.0277", 9907, "99.07"},
    {7, "0.049506206065416336", "00:19", "48.03", "0.0243", 9921, "99.21"},
    {8, "0.1322145313024521", "00:19", "48.67", "0.0249", 9929, "99.29"},
    {9, "0.0013750848593190312", "00:19", "48.64", "0.0247", 9923, "99.23"},
    {10, "0.14347663521766663", "00:18", "49.59", "0.0232", 9925, "99.25"},
    {11, "0.00669552106410265", "00:19", "48.38", "0.0202", 9938, "99.38"},
    {12, "0.010275788605213165", "00:19", "49.25", "0.0221", 9932, "99.32"},
    {13, "0.012313640676438808", "00:19", "49.02", "0.0189", 9948, "99.48"},
    {14, "0.019488289952278137", "00:19", "48.48", "0.0225", 9936, "99.36"},
    {15, "0.0010803210316225886", "00:18", "49.75", "0.0204", 9938, "99.38"},
    {16, "0.0032050954177975655", "00:19", "47.77", "0.0198", 9947, "99.47"},
    {17, "0.0024224459193646908", "00:19", "48.16", "0.0203", 9940, "99.40"},
    {18, "0.011659398674964905", "00:20", "46.67", "0.0184", 9936, "99.36"},
    {19, "0.017939575016498566", "00:19", "48.72", "0.0180", 9939, "99.39"},
};

class PlainLogTest : public testing::Test {
 protected:
  std::ostringstream out_;
  std::ostringstream notes_;
  PlainLog log_{out_, notes_};
};

TEST_F(PlainLogTest, OneEpochIsHeaderBarAndTestLine) {
  log_.OnEvent(EpochEvent(1, FinishedEpoch(1, 0.04502683877944946f, 938, 22.635, 0.0772, 9779)));
  EXPECT_EQ(out_.str(),
            "Epoch:  1\n"
            "loss=0.04502683877944946 batch_id=937: 100%|██████████| 938/938 "
            "[00:22<00:00, 41.44it/s]\n"
            "\n"
            "Test set: Average loss: 0.0772, Accuracy: 9779/10000 (97.79%)\n");
}

TEST_F(PlainLogTest, TestLineHasFurtherMetricsOfOneValue) {
  v1::EpochFinished epoch = FinishedEpoch(1, 0.5f, 938, 22.635, 0.0772, 9779);
  v1::MetricValue& top = *epoch.add_metrics();
  top.set_name("top_5_accuracy");
  top.add_values(0.99914);
  v1::MetricValue& recall = *epoch.add_metrics();
  recall.set_name("recall");
  recall.add_values(0.5);
  recall.add_values(0.25);
  log_.OnEvent(EpochEvent(1, epoch));
  EXPECT_THAT(out_.str(), testing::HasSubstr("Accuracy: 9779/10000 (97.79%), "
                                             "top_5_accuracy: 0.9991\n"));
}

TEST_F(PlainLogTest, TestLineOfValuesHasNoAccuracy) {
  v1::EpochFinished epoch = FinishedEpoch(1, 0.5f, 938, 22.635, 0.0772, 0);
  epoch.set_without_accuracy(true);
  log_.OnEvent(EpochEvent(1, epoch));
  EXPECT_THAT(out_.str(), testing::HasSubstr("\nTest set: Average loss: 0.0772\n"));
}

// What the training printed.
std::string ExpectedLog() {
  std::string log;
  for (const LoggedEpoch& row : kLoggedEpochs) {
    absl::StrAppend(&log, row.epoch > 1 ? "\n" : "", "Epoch:  ", row.epoch, "\nloss=", row.loss,
                    " batch_id=937: 100%|██████████| 938/938 [", row.elapsed, "<00:00, ");
    absl::StrAppend(&log, row.rate, "it/s]\n\nTest set: Average loss: ", row.eval_loss,
                    ", Accuracy: ", row.correct, "/10000 (", row.percent, "%)\n");
  }
  return log;
}

TEST_F(PlainLogTest, WholeTrainingIsPrintedToTheLetter) {
  constexpr int kSteps = 938;
  int64_t sequence = 0;
  for (const LoggedEpoch& row : kLoggedEpochs) {
    log_.OnEvent(EpochStartedEvent(++sequence, row.epoch));
    log_.OnEvent(EpochEvent(++sequence, FinishedEpoch(row.epoch, std::stof(row.loss), kSteps,
                                                      kSteps / std::stod(row.rate),
                                                      std::stod(row.eval_loss), row.correct)));
  }
  EXPECT_EQ(out_.str(), ExpectedLog());
  EXPECT_EQ(notes_.str(), "");
}

TEST_F(PlainLogTest, HeaderOfARunningEpochIsNotRepeatedAfterARetry) {
  log_.OnEvent(EpochStartedEvent(1, 1));
  log_.OnEvent(StateEvent(2, v1::RUN_STATE_RUNNING, v1::RUN_STATE_QUEUED, "worker lost"));
  log_.OnEvent(EpochStartedEvent(3, 1));
  EXPECT_EQ(out_.str(), "Epoch:  1\n");
  EXPECT_EQ(notes_.str(), "s4-1 QUEUED: worker lost\n");
}

TEST_F(PlainLogTest, WarningsGoToTheNotes) {
  v1::Event event = MessageEvent(1, "the disk is nearly full");
  event.mutable_message()->set_severity(v1::SEVERITY_WARNING);
  log_.OnEvent(event);
  EXPECT_EQ(notes_.str(), "s4-1 warning: the disk is nearly full\n");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(PlainLogTest, StepsAndTheTerminalStateAreNotPartOfTheLog) {
  v1::Event step;
  step.mutable_train_step()->set_loss(1);
  log_.OnEvent(step);
  log_.OnEvent(SucceededEvent(2));
  EXPECT_EQ(out_.str() + notes_.str(), "");
}

TEST_F(PlainLogTest, OutageIsToldOnce) {
  for (int i = 0; i < 3; ++i) log_.OnReconnect(absl::UnavailableError("x"), absl::Seconds(1));
  EXPECT_THAT(notes_.str(), testing::StartsWith("connection lost"));
  EXPECT_EQ(notes_.str().find("connection lost", 1), std::string::npos);
}

}  // namespace
}  // namespace traind
