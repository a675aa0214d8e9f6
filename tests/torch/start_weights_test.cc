// Trainings that begin with weights from a file, such as one that Python has saved.
#include "server/torch/train/start_weights.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <vector>

#include "server/base/safetensors.h"
#include "server/base/sha256.h"
#include "server/recipes/network_tensors.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/train/trainer.h"
#include "tests/support/temp_directory.h"
#include "tests/torch/fixture_file.h"
#include "tests/torch/layer_fixture.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using worker::v1::Finished;

constexpr char kFile[] = "tests/torch/fixtures/state_dict.safetensors";

// The recipe of the network in fixtures/make_state_dict_fixture.py, which begins with it.
v1::Recipe StateDictRecipe() {
  v1::Recipe recipe = SmallRecipe();
  recipe.clear_network();
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(
      R"pb(
        network {
          input { channels: 1 height: 8 width: 8 }
          layers { conv2d { out_channels: 4 kernel_size: 3 padding: 1 } }
          layers { relu {} }
          layers { batch_norm2d {} }
          layers { max_pool2d { kernel_size: 2 } }
          layers { flatten {} }
          layers { linear { out_features: 3 } }
        }
        initial_weights { safetensors: "state_dict.safetensors" }
      )pb",
      &recipe));
  return recipe;
}

Network Build(const v1::Recipe& recipe, at::ScalarType type = at::kFloat) {
  return *Network::Build(recipe.network(), recipe.seed(), at::kCPU, type);
}

std::map<std::string, at::Tensor> StateOf(const Network& network) {
  std::map<std::string, at::Tensor> state;
  for (const NamedTensor& named : network.parameters()) state[named.name] = named.tensor;
  for (const NamedTensor& named : network.buffers()) state[named.name] = named.tensor;
  return state;
}

// The state in a file that a training has written.
std::map<std::string, at::Tensor> StateIn(const std::string& file, const v1::Recipe& recipe) {
  Network network = Build(recipe);
  EXPECT_TRUE(LoadState(file, network).ok());
  return StateOf(network);
}

TEST(InitialWeights, OfAPythonStateDictGiveItsAnswers) {
  const v1::Recipe recipe = StateDictRecipe();
  const Network network = Build(recipe);
  StateTensors answers = *StateTensors::Parse(ReadFixture("state_dict_answers.safetensors"));

  const absl::StatusOr<std::string> taken = LoadInitialWeights(recipe, kFile, {&network});

  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_THAT(*taken, HasSubstr("state_dict.safetensors"));
  EXPECT_THAT(*taken, HasSubstr("8 tensors"));
  const at::Tensor logits = network.Forward(*answers.Take("images"), {});
  EXPECT_TRUE(at::allclose(logits, *answers.Take("logits"), 0, 1e-6));
}

TEST(InitialWeights, OfOurOwnFilesAndOtherTypesAreTheSame) {
  v1::Recipe recipe = StateDictRecipe();
  const Network network = Build(recipe);
  ASSERT_TRUE(LoadInitialWeights(recipe, kFile, {&network}).ok());
  TempDirectory directory;
  const Network again = Build(recipe);
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    SCOPED_TRACE(type);
    std::vector<SafetensorsEntry> entries;
    std::vector<at::Tensor> kept;
    for (const auto& [name, tensor] : StateOf(network)) {
      kept.push_back(tensor.to(type).contiguous());
      const at::Tensor& value = kept.back();
      const char* const names[] = {"F32", "F64", "F16", "BF16"};
      const int place = type == at::kFloat    ? 0
                        : type == at::kDouble ? 1
                        : type == at::kHalf   ? 2
                                              : 3;
      entries.push_back(
          {name, names[place], value.sizes().vec(),
           absl::string_view(static_cast<const char*>(value.const_data_ptr()), value.nbytes())});
    }
    WriteFile(directory.Path("weights"), *WriteSafetensors(entries));
    const auto taken = LoadInitialWeights(recipe, directory.Path("weights"), {&again});
    ASSERT_TRUE(taken.ok()) << taken.status();
    const std::map<std::string, at::Tensor> expected = StateOf(network);
    for (const auto& [name, tensor] : StateOf(again)) {
      EXPECT_TRUE(at::equal(tensor, expected.at(name).to(type).to(at::kFloat))) << name;
    }
  }
}

TEST(InitialWeights, LeaveNewLayersAsTheSeedGivesThem) {
  v1::Recipe recipe = StateDictRecipe();
  recipe.mutable_network()->mutable_layers(5)->mutable_linear()->set_out_features(7);
  recipe.mutable_initial_weights()->add_new_layers("layers.5");
  const Network network = Build(recipe);
  const std::map<std::string, at::Tensor> seeded = StateOf(Build(recipe));

  const auto taken = LoadInitialWeights(recipe, kFile, {&network});

  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_THAT(*taken, HasSubstr("6 tensors; at random begin layers.5.weight, layers.5.bias"));
  const std::map<std::string, at::Tensor> state = StateOf(network);
  EXPECT_TRUE(at::equal(state.at("layers.5.weight"), seeded.at("layers.5.weight")));
  EXPECT_FALSE(at::equal(state.at("layers.0.weight"), seeded.at("layers.0.weight")));
}

TEST(InitialWeights, SayWhatIsWrongWithTheFile) {
  v1::Recipe recipe = StateDictRecipe();
  const Network network = Build(recipe);
  TempDirectory directory;
  const auto message = [&](const std::string& path) {
    const absl::Status status = LoadInitialWeights(recipe, path, {&network}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    return std::string(status.message());
  };
  EXPECT_THAT(message(directory.Path("none")), HasSubstr("cannot read state_dict.safetensors"));
  WriteFile(directory.Path("text"), "these are no weights");
  EXPECT_THAT(message(directory.Path("text")), HasSubstr("safetensors file is damaged"));
  recipe.mutable_initial_weights()->set_sha256(std::string(64, '0'));
  EXPECT_THAT(message(kFile), HasSubstr("expected SHA-256 000"));
}

class FineTuning : public ::testing::Test {
 protected:
  FineTuning() {
    execution_.set_thread_count(1);
    execution_.set_step("plain");
    execution_.set_log_every_steps(1);
    recipe_.mutable_network()->mutable_layers(0)->set_frozen(true);
    recipe_.mutable_network()->mutable_layers(2)->set_frozen(true);
    recipe_.mutable_ema()->set_decay(0.9);
    recipe_.mutable_initial_weights()->set_sha256(Sha256Hex(ReadFixture("state_dict.safetensors")));
  }

  Finished Train(const std::string& path, MemoryStore& store, RecordingReporter& reporter,
                 std::stop_token stop = {}) {
    TrainingJob job{recipe_, execution_, train_, eval_};
    job.initial_weights_path = path;
    return traind::Train(job, reporter, store, stop);
  }

  v1::Recipe recipe_ = StateDictRecipe();
  v1::Execution execution_;
  const Split train_ = SmallSplit(40, 1);
  const Split eval_ = SmallSplit(20, 2);
};

TEST_F(FineTuning, KeepsFrozenLayersAsTheFileHasThemAndTrainsTheRest) {
  const Network begun = Build(recipe_);
  ASSERT_TRUE(LoadInitialWeights(recipe_, kFile, {&begun}).ok());
  MemoryStore store;
  RecordingReporter reporter;

  const Finished finished = Train(kFile, store, reporter);

  ASSERT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
  EXPECT_THAT(reporter.events[0].message().text(),
              HasSubstr("begins with the weights of state_dict.safetensors (SHA-256 "));
  const auto trained = StateIn(store.NewestFile(kWeightsFileName), recipe_);
  for (const auto& [name, tensor] : StateOf(begun)) {
    const bool frozen = name.substr(0, 9) != "layers.5.";
    EXPECT_EQ(at::equal(tensor, trained.at(name)), frozen) << name;
  }
}

TEST_F(FineTuning, TheAverageBeginsThereToo) {
  recipe_.mutable_optimizer()->mutable_sgd()->set_learning_rate(1e-30);
  const Network begun = Build(recipe_);
  ASSERT_TRUE(LoadInitialWeights(recipe_, kFile, {&begun}).ok());
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_EQ(Train(kFile, store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);

  const auto average = StateIn(store.NewestFile(kWeightsFileName), recipe_);
  for (const auto& [name, tensor] : StateOf(begun)) {
    EXPECT_TRUE(at::allclose(tensor, average.at(name), 1e-5, 1e-7)) << name;
  }
}

TEST_F(FineTuning, GoesOnWithoutTheFile) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  ASSERT_EQ(Train(kFile, undisturbed, expected).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  MemoryStore store;
  RecordingReporter reporter;
  std::stop_source stop;
  reporter.on_event = [&](const v1::Event& event) {
    if (event.has_train_step() && event.train_step().step() == 3) stop.request_stop();
  };
  ASSERT_EQ(Train(kFile, store, reporter, stop.get_token()).outcome(), worker::v1::OUTCOME_STOPPED);
  reporter.on_event = nullptr;

  ASSERT_EQ(Train("/nowhere", store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
}

TEST_F(FineTuning, FailsAsTheUsersWhenTheFileIsAnotherOne) {
  recipe_.mutable_initial_weights()->set_sha256(std::string(64, 'a'));
  MemoryStore store;
  RecordingReporter reporter;
  const Finished finished = Train(kFile, store, reporter);
  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_FAILED);
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_THAT(finished.error().message(), HasSubstr("expected SHA-256 aaa"));
}

// What the recipes' room says of tensors is what the networks here have.
TEST(NetworkTensors, AreThoseOfTheNetworkForEveryKindOfLayer) {
  for (const LayerFixture::Case& each : ReadLayerFixture().cases) {
    SCOPED_TRACE(each.name);
    const Network network = *Network::Build(each.network, 0, at::kCPU);
    const auto listed = ListNetworkTensors(each.network);
    ASSERT_TRUE(listed.ok()) << listed.status();
    std::map<std::string, at::Tensor> state = StateOf(network);
    for (const NetworkTensor& tensor : *listed) {
      ASSERT_EQ(state.count(tensor.name), 1u) << tensor.name;
      EXPECT_EQ(state.at(tensor.name).sizes().vec(), tensor.shape) << tensor.name;
      state.erase(tensor.name);
    }
    EXPECT_TRUE(state.empty()) << state.begin()->first;
  }
}

}  // namespace
}  // namespace traind
