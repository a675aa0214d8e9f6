#include "client/trainctl/run_text.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Run ReadRun(const std::string& text) {
  v1::Run run;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &run));
  return run;
}

TEST(RunTextTest, FailedRunIsToldWithItsErrorAttemptsAndRecipe) {
  const v1::Run run = ReadRun(R"pb(
    id: "s4-17"
    state: RUN_STATE_FAILED
    state_reason: "out of retries"
    recipe { name: "s4" description: "Digits." epoch_count: 19 }
    execution { device: "cuda:0" precision: PRECISION_BF16 thread_count: 4 max_retries: 2 }
    error { failure_class: FAILURE_CLASS_SYSTEM message: "worker lost" step: 7 }
    create_time { seconds: 1000 }
    start_time { seconds: 1060 }
    end_time { seconds: 1252 }
    attempts {
      number: 1
      pid: 4242
      start_time { seconds: 1060 }
      end_time { seconds: 1070 }
      end_reason: "killed by signal 9"
    }
    attempts {
      number: 2
      pid: 4243
      start_time { seconds: 1071 }
    }
    epochs_finished: 3
    last_sequence: 55
    published_version: 4
    best_epoch {
      epoch: 2
      eval_loss: 0.0548
      train_loss: 0.1
      eval_correct_count: 9827
      eval_sample_count: 10000
    }
  )pb");
  const std::string text = RunText(run, {}, absl::FromUnixSeconds(1300));
  EXPECT_THAT(text, HasSubstr("Run:         s4-17\nState:       FAILED: out of retries\n"));
  EXPECT_THAT(text, HasSubstr("Error:       SYSTEM at step 7: worker lost\n"));
  EXPECT_THAT(text, HasSubstr("Epochs:      3 of 19 finished\n"));
  EXPECT_THAT(text, HasSubstr("Best:        epoch 2: accuracy 98.27% (9827/10000), loss 0.0548, "
                              "train loss 0.1000\n"));
  EXPECT_THAT(text, HasSubstr("Published:   s4@4\n"));
  EXPECT_THAT(text, HasSubstr("Execution:   cuda:0, bf16, threads 4, priority 0, retries 2\n"));
  EXPECT_THAT(text, HasSubstr("(4m ago)"));
  EXPECT_THAT(text, HasSubstr("Took:        3m12s\n"));
  EXPECT_THAT(text, HasSubstr("killed by signal 9\n"));
  EXPECT_THAT(text, HasSubstr("Recipe:\n  name: \"s4\"\n  description: \"Digits.\"\n"));
}

TEST(RunTextTest, QueuedRunHasNoLinesForWhatHasNotHappened) {
  const v1::Run run = ReadRun(R"pb(id: "s4-1"
                                   state: RUN_STATE_QUEUED
                                   recipe { epoch_count: 19 })pb");
  const std::string text = RunText(run, {}, absl::FromUnixSeconds(0));
  for (const char* absent : {"Error:", "Progress:", "Last:", "Best:", "Published:", "Started:",
                             "Ended:", "Took:", "Attempts:"}) {
    EXPECT_THAT(text, Not(HasSubstr(absent)));
  }
}

TEST(RunTextTest, RunOfValuesIsToldWithItsErrorsAndWithoutAccuracy) {
  const v1::Run run = ReadRun(R"pb(
    id: "house-1"
    recipe { float64: true }
    best_epoch {
      epoch: 2
      eval_loss: 0.0548
      train_loss: 0.1
      eval_sample_count: 10
      without_accuracy: true
      metrics { name: "mean_absolute_error" values: 0.25 }
      metrics {
        name: "confusion_matrix"
        values: [ 1, 2, 3, 4 ]
      }
    }
  )pb");
  const std::string text = RunText(run, {}, absl::FromUnixSeconds(0));
  EXPECT_THAT(text, HasSubstr("Best:        epoch 2: loss 0.0548, train loss 0.1000, "
                              "mean_absolute_error: 0.2500\n"));
  EXPECT_THAT(text, HasSubstr("Execution:   cpu, fp64, "));
}

TEST(RunTextTest, RunningRunShowsItsBar) {
  const v1::Run run = ReadRun(R"pb(
    id: "s4-1"
    state: RUN_STATE_RUNNING
    progress { epoch: 4 step_in_epoch: 469 step_count: 938 loss: 0.5 elapsed_seconds: 10 }
  )pb");
  EXPECT_THAT(RunText(run, {}, absl::FromUnixSeconds(0)),
              HasSubstr("epoch 4: loss=0.5 batch_id=468:  50%|█████     | 469/938 [00:10<00:10, "
                        "46.90it/s]"));
}

}  // namespace
}  // namespace traind
