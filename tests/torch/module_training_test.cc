// A TorchScript module in the place of layers: what it computes, how it is trained, and that
// a training goes on bit for bit.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/modules/module_files.h"
#include "server/torch/checkpoint/training_record.h"
#include "server/torch/module_error.h"
#include "server/torch/nn/network.h"
#include "server/torch/train/autograd_step.h"
#include "server/torch/train/inline_rows.h"
#include "server/torch/train/step_choice.h"
#include "server/torch/train/trainer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/torch/module_fixture.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using worker::v1::Finished;

std::vector<std::string> NamesOf(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& named : tensors) names.push_back(named.name);
  return names;
}

// 16 rows in batches of 4, for three epochs.
v1::Recipe ModuleRecipe() {
  static constexpr char kText[] = R"pb(
    name: "mine"
    network {
      input { features: 4 }
      module { name: "mine" out_features: 3 }
    }
    loss { cross_entropy {} }
    optimizer { sgd { learning_rate: 0.1 momentum: 0.9 } }
    ema { decay: 0.9 every_steps: 2 }
    epoch_count: 3
    batch_size: 4
    seed: 7
    selection { metric: SELECTION_METRIC_ACCURACY }
  )pb";
  v1::Recipe recipe;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kText, &recipe));
  for (int i = 0; i < 16; ++i) {
    v1::InlineRow& row = *recipe.mutable_data()->add_rows();
    for (int j = 0; j < 4; ++j) row.add_inputs((i * 7 + j * 5) % 11 / 11.0);
    row.add_targets(i % 3);
  }
  return recipe;
}

class ModuleTraining : public ::testing::Test {
 protected:
  ModuleTraining() {
    execution_.set_thread_count(1);
    execution_.set_log_every_steps(1);
  }

  Finished Train(const std::string& module, MemoryStore& store, RecordingReporter& reporter,
                 std::stop_token stop = {}) {
    return TrainOn(rows_, module, store, reporter, stop);
  }
  Finished TrainOn(const Split& rows, const std::string& module, MemoryStore& store,
                   RecordingReporter& reporter, std::stop_token stop = {}) {
    TrainingJob job{recipe_, execution_, rows, rows};
    job.module_path = module;
    return traind::Train(job, reporter, store, stop);
  }

  v1::Recipe recipe_ = ModuleRecipe();
  v1::Execution execution_;
  const Split rows_ = SplitOfRows(recipe_);
};

TEST(ScriptModule, AnswersAsInPython) {
  const auto module = ScriptModule::Load(kTinyModule, at::kCPU);
  const c10::InferenceMode inference;
  EXPECT_LT(LargestDifference(module->Forward(TinyTensor("rows"), {}), TinyTensor("logits")), 1e-6);
}

TEST(ScriptModule, HasTheNamesThatPythonHas) {
  const auto module = ScriptModule::Load(kTinyModule, at::kCPU);
  EXPECT_THAT(NamesOf(module->Parameters()),
              ElementsAre("body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias",
                          "head.weight", "head.bias"));
  EXPECT_THAT(NamesOf(module->Buffers()),
              ::testing::UnorderedElementsAre("scale", "body.1.running_mean", "body.1.running_var",
                                              "body.1.num_batches_tracked"));
  EXPECT_EQ(module->StateTrouble(), "");
}

TEST(ScriptModule, ThreeStepsAreThoseOfPython) {
  v1::Recipe recipe = ModuleRecipe();
  recipe.mutable_optimizer()->mutable_sgd()->set_momentum(0);
  Network network = Network::OfModule(ScriptModule::Load(kTinyModule, at::kCPU), 3);
  AutogradStep step(recipe, v1::PRECISION_FP32, at::kCPU, network);
  step.StartEpoch(1);
  const at::Tensor losses = TinyTensor("losses");
  for (int i = 0; i < 3; ++i) {
    const StepResult result = step.Run({TinyTensor("rows"), TinyTensor("labels")}, 0.1);
    EXPECT_NEAR(result.loss.item<float>(), losses[i].item<float>(), 1e-6);
  }
  for (const std::vector<NamedTensor>* tensors : {&network.parameters(), &network.buffers()}) {
    for (const NamedTensor& named : *tensors) {
      SCOPED_TRACE(named.name);
      EXPECT_LT(LargestDifference(named.tensor.detach(), TinyTensor("after." + named.name)), 1e-6);
    }
  }
}

TEST(ScriptModule, WhatIsSavedHasTheNewWeights) {
  const auto module = ScriptModule::Load(kTinyModule, at::kCPU);
  {
    const at::NoGradGuard no_grad;
    module->Parameters().back().tensor.add_(1);
  }
  const TempDirectory directory;
  WriteFile(directory.Path("saved.pt"), module->Save());
  const auto again = ScriptModule::Load(directory.Path("saved.pt"), at::kCPU);
  const c10::InferenceMode inference;
  // One more in the bias is two more in each logit, by its scale.
  EXPECT_LT(LargestDifference(again->Forward(TinyTensor("rows"), {}), TinyTensor("logits") + 2),
            1e-5);
}

TEST(ScriptModule, RowsThatItCannotTakeAreItsOwnFaultInOneLine) {
  const auto module = ScriptModule::Load(kTinyModule, at::kCPU);
  try {
    module->Forward(at::zeros({2, 5}), {});
    FAIL() << "took rows of 5 numbers";
  } catch (const ModuleError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the module: mat1 and mat2 shapes cannot be multiplied"));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

TEST_F(ModuleTraining, TakesPlainStepsAndSaysWhy) {
  const absl::StatusOr<StepChoice> choice = ChooseStep(recipe_, execution_, at::kCPU);
  ASSERT_OK(choice);
  EXPECT_EQ(choice->name, "plain");
  EXPECT_THAT(choice->reason, HasSubstr("network: expected layers, got the module mine"));
}

TEST_F(ModuleTraining, ACheckpointHasTheModuleWithTheWeightsThatWereEvaluated) {
  MemoryStore store;
  RecordingReporter reporter;
  const Finished finished = Train(kDroppingModule, store, reporter);
  ASSERT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
  const TempDirectory directory;
  WriteFile(directory.Path("trained.pt"), store.NewestFile(kTorchScriptFile));
  v1::ModelSample sample;
  ASSERT_TRUE(sample.ParseFromString(store.NewestFile(kSampleFileName)));
  const auto trained = ScriptModule::Load(directory.Path("trained.pt"), at::kCPU);
  const c10::InferenceMode inference;
  const at::Tensor row = at::from_blob(sample.mutable_input()->mutable_data()->data(), {1, 4});
  const at::Tensor logits = at::from_blob(sample.mutable_logits()->mutable_data()->data(), {1, 3});
  EXPECT_LT(LargestDifference(trained->Forward(row, {}), logits), 1e-6);
  const auto begun = ScriptModule::Load(kDroppingModule, at::kCPU);
  EXPECT_GT(LargestDifference(begun->Forward(row, {}), logits), 1e-3);
}

TEST_F(ModuleTraining, GivesTheSameBitsFromEveryStep) {
  for (const char* module : {kDroppingModule, kTinyModule}) {
    MemoryStore undisturbed;
    RecordingReporter expected;
    ASSERT_EQ(Train(module, undisturbed, expected).outcome(), worker::v1::OUTCOME_SUCCEEDED);
    for (int64_t step = 1; step < 12; ++step) {
      SCOPED_TRACE(module);
      SCOPED_TRACE(step);
      MemoryStore store;
      RecordingReporter reporter;
      std::stop_source stop;
      reporter.on_event = [&](const v1::Event& event) {
        if (event.has_train_step() && event.train_step().step() == step) stop.request_stop();
      };
      ASSERT_EQ(Train(module, store, reporter, stop.get_token()).outcome(),
                worker::v1::OUTCOME_STOPPED);
      reporter.on_event = nullptr;
      ASSERT_EQ(Train(module, store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
      EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName),
                undisturbed.NewestFile(kTrainingTensorsFileName));
    }
  }
}

TEST_F(ModuleTraining, AFaultOfTheModuleIsTheUsers) {
  recipe_.mutable_network()->mutable_module()->set_out_features(3);
  recipe_.mutable_network()->mutable_input()->set_features(5);
  for (v1::InlineRow& row : *recipe_.mutable_data()->mutable_rows()) row.add_inputs(0.5);
  const Split wide = SplitOfRows(recipe_);
  MemoryStore store;
  RecordingReporter reporter;
  const Finished finished = TrainOn(wide, kTinyModule, store, reporter);
  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_FAILED);
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_THAT(finished.error().message(), HasSubstr("the module: "));
}

TEST_F(ModuleTraining, AModuleThatIsNoneIsTheUsersFault) {
  MemoryStore store;
  RecordingReporter reporter;
  const Finished finished = Train("tests/torch/fixtures/tiny_pickle.pt", store, reporter);
  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_FAILED);
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
}

}  // namespace
}  // namespace traind
