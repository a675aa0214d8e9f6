#include "server/stored_weights.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "server/base/safetensors.h"
#include "server/base/sha256.h"
#include "server/store/file_model_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

// Weights of a linear layer from two to three features.
std::string LinearFile(const std::string& prefix = "") {
  const std::string bytes(24, '\0');
  return *WriteSafetensors({{prefix + "0.weight", "F32", {3, 2}, bytes},
                            {prefix + "0.bias", "F32", {3}, absl::string_view(bytes).substr(12)}});
}

class StoredWeightsTest : public ::testing::Test {
 protected:
  StoredWeightsTest() {
    models_ = *FileModelStore::Open(directory_.Path("models"));
    WriteFile(directory_.Path("sets/trunk.safetensors"), LinearFile());
    WriteFile(directory_.Path("checkpoint/model.safetensors"), LinearFile("layers."));
    v1::ModelVersion version;
    version.set_model("line");
    version.set_run_id("line-1");
    EXPECT_OK(models_->Publish(version, directory_.Path("checkpoint")));
    version.set_run_id("line-2");
    EXPECT_OK(models_->Publish(version, directory_.Path("checkpoint")));
    EXPECT_OK(models_->SetAlias("line", "production", 1, absl::UnixEpoch()));
  }

  v1::Recipe RecipeWith(const std::string& weights) {
    v1::Recipe recipe;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        "network { input { features: 2 } layers { linear { out_features: 3 } } } "
        "initial_weights { " +
            weights + " }",
        &recipe));
    return recipe;
  }
  absl::Status Resolve(v1::Recipe recipe) {
    return StoredWeights(*models_, directory_.Path("sets")).Resolve(recipe);
  }

  TempDirectory directory_;
  std::unique_ptr<FileModelStore> models_;
};

TEST_F(StoredWeightsTest, AnAliasBecomesItsVersionWithTheFilesSha256) {
  const StoredWeights stored(*models_, directory_.Path("sets"));
  v1::Recipe recipe = RecipeWith("model: 'line@production'");
  ASSERT_OK(stored.Resolve(recipe));
  EXPECT_EQ(recipe.initial_weights().model(), "line@1");
  EXPECT_EQ(recipe.initial_weights().sha256(), Sha256Hex(LinearFile("layers.")));
  EXPECT_EQ(ReadFile(stored.PathOf(recipe.initial_weights())), LinearFile("layers."));
}

TEST_F(StoredWeightsTest, AFileLiesInTheDatasetsFolder) {
  const StoredWeights stored(*models_, directory_.Path("sets"));
  v1::Recipe recipe = RecipeWith("safetensors: 'trunk.safetensors'");
  ASSERT_OK(stored.Resolve(recipe));
  EXPECT_EQ(recipe.initial_weights().sha256(), Sha256Hex(LinearFile()));
  EXPECT_EQ(stored.PathOf(recipe.initial_weights()), directory_.Path("sets/trunk.safetensors"));
}

TEST_F(StoredWeightsTest, VersionsAndFilesThatAreNotThereAreNamed) {
  EXPECT_THAT(Resolve(RecipeWith("model: 'line@7'")),
              StatusIs(kFailedPrecondition, "initial_weights.model: "));
  EXPECT_THAT(Resolve(RecipeWith("model: 'other@1'")), StatusIs(kFailedPrecondition, "other"));
  EXPECT_THAT(Resolve(RecipeWith("model: 'line@canary'")), StatusIs(kFailedPrecondition, "canary"));
  EXPECT_THAT(Resolve(RecipeWith("safetensors: 'none.safetensors'")),
              StatusIs(kFailedPrecondition, directory_.Path("sets/none.safetensors") +
                                                ", got none; put it there, or name another one"));
}

TEST_F(StoredWeightsTest, ADamagedOrLargeFileIsRefused) {
  const std::string whole = LinearFile();
  for (const size_t size : {size_t{0}, size_t{7}, size_t{20}, whole.size() - 1}) {
    SCOPED_TRACE(size);
    WriteFile(directory_.Path("sets/part.safetensors"), whole.substr(0, size));
    EXPECT_THAT(Resolve(RecipeWith("safetensors: 'part.safetensors'")),
                StatusIs(kFailedPrecondition, "part.safetensors, got"));
  }
  Limits limits;
  limits.initial_weights_bytes_max = 10;
  v1::Recipe recipe = RecipeWith("safetensors: 'trunk.safetensors'");
  EXPECT_THAT(StoredWeights(*models_, directory_.Path("sets"), limits).Resolve(recipe),
              StatusIs(kFailedPrecondition, "at most 10 are read"));
}

TEST_F(StoredWeightsTest, TensorsThatDoNotFitAreTheRecipesFault) {
  v1::Recipe recipe = RecipeWith("model: 'line@2'");
  recipe.mutable_network()->mutable_layers(0)->mutable_linear()->set_out_features(4);
  EXPECT_THAT(Resolve(recipe),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "layers.0.weight [4, 2] of network.layers[0] (linear) is F32 [3, 2]"));
}

TEST_F(StoredWeightsTest, ARecipeThatMeansAnotherFileIsRefused) {
  const std::string sha256(64, '1');
  EXPECT_THAT(
      Resolve(RecipeWith("safetensors: 'trunk.safetensors' sha256: '" + sha256 + "'")),
      StatusIs(kFailedPrecondition, "initial_weights.sha256: expected " + Sha256Hex(LinearFile())));
}

}  // namespace
}  // namespace traind
