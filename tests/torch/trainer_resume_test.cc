// A training that is stopped and goes on gives the bits of one that was not.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "server/torch/checkpoint/manifest.h"
#include "server/torch/checkpoint/training_record.h"
#include "server/torch/train/trainer.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using worker::v1::Finished;

// What must not change: every metric event without its times, by kind and step.
std::map<std::tuple<int, int64_t>, std::string> MetricEvents(const std::vector<v1::Event>& events) {
  std::map<std::tuple<int, int64_t>, std::string> metrics;
  for (v1::Event event : events) {
    int64_t step = 0;
    if (event.has_train_step()) step = event.train_step().step();
    if (event.has_epoch_started()) step = event.epoch_started().epoch();
    if (event.has_epoch_finished()) {
      v1::EpochFinished& epoch = *event.mutable_epoch_finished();
      step = epoch.step();
      epoch.clear_train_seconds();
      epoch.clear_eval_seconds();
      epoch.clear_data_wait_seconds();
    }
    if (step == 0) continue;
    const std::string bytes = event.SerializeAsString();
    const auto [at, added] = metrics.emplace(std::tuple(int{event.payload_case()}, step), bytes);
    EXPECT_EQ(at->second, bytes) << "reported twice with other values: " << event.DebugString();
  }
  return metrics;
}

struct ResumeCase {
  const char* name;
  const char* step;
  v1::Precision precision;
  const char* layers = nullptr;  // in place of the small recipe's
};

// Those that have state, or none, in other ways than the small recipe's.
constexpr char kOtherLayers[] = R"pb(
  layers {
    conv2d {
      out_channels: 4
      kernel_size: 3
      groups: 1
      weight { kaiming_normal {} }
    }
  }
  layers { group_norm { group_count: 2 } }
  layers {
    residual {
      layers { conv2d { out_channels: 6 kernel_size: 3 padding: 1 bias: false } }
      layers { batch_norm2d {} }
      layers { silu {} }
      layers { dropout { probability: 0.1 } }
      shortcut {
        conv2d { out_channels: 6 kernel_size: 1 }
        frozen: true
      }
      shortcut { batch_norm2d {} }
    }
  }
  layers { flatten {} }
  layers {
    linear { out_features: 5 }
    frozen: true
  }
  layers {
    batch_norm1d {}
    frozen: true
  }
  layers { linear { out_features: 6 } }
  layers { batch_norm1d { momentum: 0.3 } }
  layers { layer_norm {} }
  layers { linear { out_features: 3 } }
)pb";

class TrainerResume : public ::testing::TestWithParam<ResumeCase> {
 protected:
  TrainerResume() {
    execution_.set_thread_count(2);
    execution_.set_log_every_steps(1);
    execution_.set_precision(GetParam().precision);
    execution_.set_step(GetParam().step);
    // Everything that has state.
    if (GetParam().layers == nullptr) {
      recipe_.mutable_network()->mutable_layers(3)->mutable_dropout()->set_probability(0.2);
      recipe_.mutable_network()->mutable_layers(4)->mutable_conv2d()->set_kernel_size(3);
    } else {
      recipe_.mutable_network()->clear_layers();
      EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(GetParam().layers,
                                                                recipe_.mutable_network()));
    }
    *recipe_.mutable_data()->mutable_augmentation() = EveryAugmentation();
    recipe_.mutable_ema()->set_decay(0.9);
    recipe_.mutable_ema()->set_every_steps(3);
    recipe_.mutable_optimizer()->mutable_sgd()->set_momentum(0.9);
    recipe_.mutable_optimizer()->mutable_sgd()->set_nesterov(true);
    v1::OneCycle& schedule = *recipe_.mutable_schedule()->mutable_one_cycle();
    schedule.set_warmup_fraction(0.25);
    schedule.set_start_divisor(10);
    schedule.set_end_divisor(1000);
    recipe_.set_epoch_count(2);  // of 8 steps
  }

  Finished Train(MemoryStore& store, RecordingReporter& reporter, std::stop_token stop = {}) {
    return traind::Train({recipe_, execution_, train_, eval_}, reporter, store, stop);
  }

  // A training that is stopped after each of these steps, then goes on to its end.
  void TrainWithStops(const std::vector<int64_t>& steps, MemoryStore& store,
                      RecordingReporter& reporter) {
    for (const int64_t step : steps) {
      std::stop_source stop;
      reporter.on_event = [&](const v1::Event& event) {
        if (event.has_train_step() && event.train_step().step() == step) stop.request_stop();
      };
      ASSERT_EQ(Train(store, reporter, stop.get_token()).outcome(), worker::v1::OUTCOME_STOPPED);
      ASSERT_EQ(store.written.back().step, step);
    }
    reporter.on_event = nullptr;
    ASSERT_EQ(Train(store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  }

  v1::Recipe recipe_ = SmallRecipe();
  v1::Execution execution_;
  const Split train_ = SmallSplit(60, 1);  // 7 batches of 8 and one of 4
  const Split eval_ = SmallSplit(40, 2);
};

TEST_P(TrainerResume, GivesTheSameBitsFromEveryStep) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  ASSERT_EQ(Train(undisturbed, expected).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  for (int64_t step = 1; step <= 15; ++step) {
    SCOPED_TRACE(step);
    MemoryStore store;
    RecordingReporter reporter;
    TrainWithStops({step}, store, reporter);
    EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
    EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName),
              undisturbed.NewestFile(kTrainingTensorsFileName));
    EXPECT_EQ(MetricEvents(reporter.events), MetricEvents(expected.events));
  }
}

TEST_P(TrainerResume, GivesTheSameBitsAfterManyStops) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  Train(undisturbed, expected);
  MemoryStore store;
  RecordingReporter reporter;
  TrainWithStops({2, 3, 7, 9, 12, 15}, store, reporter);
  EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
  EXPECT_EQ(MetricEvents(reporter.events), MetricEvents(expected.events));
}

TEST_P(TrainerResume, GivesTheSameBitsFromEveryCheckpointOfThePolicy) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  execution_.mutable_checkpoints()->set_every_steps(3);
  Train(undisturbed, expected);
  std::vector<int64_t> steps;
  for (const MemoryStore::Written& written : undisturbed.written) {
    SCOPED_TRACE(written.step);
    steps.push_back(written.step);
    MemoryStore store;  // as a crash some time later leaves it
    store.kept[CheckpointStore::Name(written.step)] = written.files;
    RecordingReporter reporter;
    ASSERT_EQ(Train(store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
    if (written.step < 16) {
      EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
    }
    for (const auto& [key, event] : MetricEvents(reporter.events)) {
      EXPECT_EQ(MetricEvents(expected.events).at(key), event);
    }
  }
  EXPECT_THAT(steps, ElementsAre(3, 6, 8, 9, 12, 15, 16));
}

TEST_P(TrainerResume, AnnouncesTheCheckpointAgainAndTrainsNothingTwice) {
  MemoryStore store;
  RecordingReporter first;
  Train(store, first);
  RecordingReporter second;
  EXPECT_EQ(Train(store, second).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  ASSERT_EQ(second.events.size(), 2u);
  EXPECT_TRUE(second.events[1].has_message());  // how it would compute steps
  const v1::CheckpointWritten& written = second.events[0].checkpoint_written();
  EXPECT_EQ(written.step(), 16);
  EXPECT_EQ(written.path(), "step-000000016");
  EXPECT_EQ(written.best(),
            first.Of(v1::Event::kCheckpointWritten).back().checkpoint_written().best());
}

TEST_P(TrainerResume, PassesOverADamagedCheckpointAndSaysSo) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  execution_.mutable_checkpoints()->set_every_steps(4);
  execution_.mutable_checkpoints()->set_keep_last(2);
  Train(undisturbed, expected);
  for (const char* file :
       {kTrainingTensorsFileName, kTrainingRecordFileName, kWeightsFileName, kManifestFileName}) {
    MemoryStore store;
    store.kept = undisturbed.kept;
    std::string& bytes = store.kept.rbegin()->second.at(file);
    bytes[bytes.size() / 2] ^= 1;
    RecordingReporter reporter;
    ASSERT_EQ(Train(store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
    EXPECT_EQ(reporter.events[0].message().severity(), v1::SEVERITY_WARNING);
    EXPECT_THAT(reporter.events[0].message().text(),
                HasSubstr("checkpoint step-000000016 is damaged and passed over: "));
    EXPECT_THAT(reporter.events[0].message().text(), HasSubstr(file));
    EXPECT_EQ(reporter.events[1].checkpoint_written().step(), 12);
    EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
  }
}

TEST_P(TrainerResume, RefusesOtherThreadsUnlessAllowed) {
  MemoryStore store;
  RecordingReporter reporter;
  std::stop_source stop;
  reporter.on_event = [&](const v1::Event& event) {
    if (event.has_epoch_finished()) stop.request_stop();
  };
  Train(store, reporter, stop.get_token());
  reporter.on_event = nullptr;
  execution_.set_thread_count(1);
  const Finished refused = Train(store, reporter);
  EXPECT_EQ(refused.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_THAT(refused.error().message(), HasSubstr("expected thread_count 2, got 1"));
  execution_.set_allow_inexact_resume(true);
  EXPECT_EQ(Train(store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  const std::vector<v1::Event> messages = reporter.Of(v1::Event::kMessage);
  EXPECT_EQ(std::count_if(messages.begin(), messages.end(),
                          [](const v1::Event& event) {
                            return event.message().severity() == v1::SEVERITY_WARNING;
                          }),
            1);
}

TEST_P(TrainerResume, GoesOnTheWayItBeganWhereTheStepIsLeftOpen) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  Train(undisturbed, expected);
  MemoryStore store;
  RecordingReporter reporter;
  std::stop_source stop;
  reporter.on_event = [&](const v1::Event& event) {
    if (event.has_epoch_finished()) stop.request_stop();
  };
  Train(store, reporter, stop.get_token());
  reporter.on_event = nullptr;
  execution_.set_step("auto");
  ASSERT_EQ(Train(store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
}

TEST_P(TrainerResume, WritesNoCheckpointBeforeWhatItReportedIsStored) {
  MemoryStore store;
  RecordingReporter reporter;
  reporter.flush_status = absl::UnavailableError("the server is gone");
  EXPECT_EQ(Train(store, reporter).error().failure_class(), v1::FAILURE_CLASS_SYSTEM);
  EXPECT_TRUE(store.written.empty());
  EXPECT_EQ(reporter.flushed_count, reporter.events.size());
}

INSTANTIATE_TEST_SUITE_P(Steps, TrainerResume,
                         ::testing::Values(ResumeCase{"PlainFp32", "plain", v1::PRECISION_FP32},
                                           ResumeCase{"PlainBf16", "plain", v1::PRECISION_BF16},
                                           ResumeCase{"FusedFp32", "fused", v1::PRECISION_FP32},
                                           ResumeCase{"AutoBf16", "auto", v1::PRECISION_BF16},
                                           ResumeCase{"OtherLayers", "plain", v1::PRECISION_FP32,
                                                      kOtherLayers}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace traind
