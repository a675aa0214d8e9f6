// Which epochs have their checkpoints written, and when.
#include "server/torch/train/checkpointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kEpochSteps = 10;
constexpr size_t kTensorBytes = 1000;

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    recipe_.mutable_selection()->set_metric(v1::SELECTION_METRIC_LOSS);
    recipe_.set_epoch_count(100);
  }

  void Begin() {
    checkpointer_.emplace(recipe_, execution_, TrainingBasis(), pace_, store_, reporter_);
  }

  // What a training does at an epoch's end.
  void FinishEpochs(const std::vector<double>& losses) {
    if (!checkpointer_) Begin();
    for (const double loss : losses) {
      v1::EpochFinished epoch;
      epoch.set_epoch(++epoch_);
      epoch.set_step(kEpochSteps * epoch_);
      epoch.set_eval_loss(loss);
      if (checkpointer_->IsDueAfterEpoch(epoch, std::chrono::steady_clock::now())) {
        ASSERT_OK(checkpointer_->Write(DraftOf(epoch)));
      } else if (checkpointer_->IsHeldAfterEpoch(epoch)) {
        ASSERT_OK(checkpointer_->Hold(DraftOf(epoch)));
      }
    }
  }

  Checkpointer::Draft DraftOf(const v1::EpochFinished& epoch) const {
    Checkpointer::Draft draft;
    draft.record.epoch = epoch.epoch();
    draft.record.step = epoch.step();
    draft.tensors = std::string(kTensorBytes, 't');
    draft.evaluation = epoch;
    return draft;
  }

  // A stop within the next epoch.
  void Stop() {
    Checkpointer::Draft draft;
    draft.record.epoch = epoch_ + 1;
    draft.record.step = kEpochSteps * epoch_ + 3;
    ASSERT_OK(checkpointer_->Write(std::move(draft)));
  }

  std::vector<int64_t> WrittenSteps() const {
    std::vector<int64_t> steps;
    for (const MemoryStore::Written& written : store_.written) steps.push_back(written.step);
    return steps;
  }

  std::vector<std::string> Kept() const {
    std::vector<std::string> names;
    for (const auto& [name, files] : store_.kept) names.push_back(name);
    return names;
  }

  v1::Recipe recipe_;
  v1::Execution execution_;
  // No epoch takes so long.
  CheckpointPace pace_{absl::Hours(1), 1 << 20};
  MemoryStore store_;
  RecordingReporter reporter_;
  std::optional<Checkpointer> checkpointer_;
  int epoch_ = 0;
};

TEST_F(CheckpointerTest, OfQuickEpochsTheLastIsWrittenAndBeforeItTheBest) {
  recipe_.set_epoch_count(6);
  FinishEpochs({5, 4, 1, 3, 2});
  EXPECT_THAT(WrittenSteps(), IsEmpty());
  FinishEpochs({2});
  EXPECT_THAT(WrittenSteps(), ElementsAre(30, 60));
  EXPECT_THAT(Kept(), ElementsAre("step-000000030", "step-000000060"));
  const std::vector<v1::Event> told = reporter_.Of(v1::Event::kCheckpointWritten);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_TRUE(told[0].checkpoint_written().best());
  EXPECT_FALSE(told[1].checkpoint_written().best());
}

TEST_F(CheckpointerTest, ALastEpochThatIsTheBestIsWrittenAlone) {
  recipe_.set_epoch_count(4);
  FinishEpochs({4, 3, 2, 1});
  EXPECT_THAT(WrittenSteps(), ElementsAre(40));
}

TEST_F(CheckpointerTest, OnATieTheLaterEpochIsTheBest) {
  FinishEpochs({4, 1, 1, 2});
  Stop();
  EXPECT_THAT(WrittenSteps(), ElementsAre(30, 43));
}

TEST_F(CheckpointerTest, SlowEpochsAreEachWritten) {
  pace_.interval_min = absl::ZeroDuration();
  Begin();
  FinishEpochs({3, 1, 2});
  EXPECT_THAT(WrittenSteps(), ElementsAre(10, 20, 30));
}

TEST_F(CheckpointerTest, AStopWritesTheBestFirstAndGoesOnFromTheLatter) {
  FinishEpochs({3, 1, 2});
  Stop();
  EXPECT_THAT(WrittenSteps(), ElementsAre(20, 33));
  Begin();
  const absl::StatusOr<std::optional<Checkpointer::Found>> found = checkpointer_->FindNewest();
  ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->record.step, 33);
  // The earlier attempt's best is still the one to beat.
  epoch_ = 3;
  FinishEpochs({2});
  Stop();
  EXPECT_THAT(WrittenSteps(), ElementsAre(20, 33, 43));
  EXPECT_THAT(Kept(), ElementsAre("step-000000020", "step-000000043"));
}

TEST_F(CheckpointerTest, ManyThatAreKeptAreManyThatAreHeld) {
  execution_.mutable_checkpoints()->set_keep_best(2);
  execution_.mutable_checkpoints()->set_keep_last(2);
  FinishEpochs({5, 1, 2, 4, 3});
  Stop();
  // The best two, and the last one before the stop.
  EXPECT_THAT(WrittenSteps(), ElementsAre(20, 30, 50, 53));
}

TEST_F(CheckpointerTest, EpochsThatThePolicyNamesAreWrittenAtOnce) {
  execution_.mutable_checkpoints()->set_every_epochs(2);
  FinishEpochs({5, 4, 3, 6, 7});
  EXPECT_THAT(WrittenSteps(), ElementsAre(20, 30, 40));
}

TEST_F(CheckpointerTest, WhatIsHeldIsWrittenOnceItIsTooLarge) {
  pace_.held_bytes_max = kTensorBytes - 1;
  Begin();
  FinishEpochs({3, 4, 2});
  EXPECT_THAT(WrittenSteps(), ElementsAre(10, 30));
}

TEST_F(CheckpointerTest, AFailureWritesWhatIsHeld) {
  FinishEpochs({3, 1, 2});
  ASSERT_OK(checkpointer_->WriteHeld());
  EXPECT_THAT(WrittenSteps(), ElementsAre(20));
  ASSERT_OK(checkpointer_->WriteHeld());
  EXPECT_THAT(WrittenSteps(), ElementsAre(20));
}

TEST_F(CheckpointerTest, EveryEventBeforeAHeldCheckpointIsStoredBeforeIt) {
  FinishEpochs({3});
  reporter_.flush_status = absl::UnavailableError("the server is gone");
  EXPECT_EQ(checkpointer_->WriteHeld().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(WrittenSteps(), IsEmpty());
}

}  // namespace
}  // namespace traind
