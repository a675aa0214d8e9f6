#include "server/store/file_model_store.h"

#include <filesystem>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

v1::ModelVersion Description(const std::string& model, const std::string& run_id) {
  v1::ModelVersion description;
  description.set_model(model);
  description.set_run_id(run_id);
  description.set_eval_accuracy(0.9942);
  return description;
}

class FileModelStoreTest : public testing::Test {
 protected:
  FileModelStoreTest() { WriteFile(source_ + "/model.safetensors", "weights"); }

  std::unique_ptr<FileModelStore> Open() {
    absl::StatusOr<std::unique_ptr<FileModelStore>> store = FileModelStore::Open(root_);
    EXPECT_THAT(store, IsOk());
    return store.ok() ? *std::move(store) : nullptr;
  }

  TempDirectory directory_;
  const std::string root_ = directory_.Path("models");
  const std::string source_ = directory_.Path("epoch-00019");
};

TEST_F(FileModelStoreTest, NumbersVersionsOfAModelFromOne) {
  std::unique_ptr<FileModelStore> store = Open();
  EXPECT_EQ(store->Publish(Description("s4", "s4-1"), source_)->version(), 1);
  EXPECT_EQ(store->Publish(Description("s4", "s4-2"), source_)->version(), 2);
  EXPECT_EQ(store->Publish(Description("wide", "wide-1"), source_)->version(), 1);
}

TEST_F(FileModelStoreTest, CopiesTheFilesIn) {
  std::unique_ptr<FileModelStore> store = Open();
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  fs::remove_all(source_);
  EXPECT_EQ(ReadFile(store->Directory("s4", 1) + "/model.safetensors"), "weights");
}

TEST_F(FileModelStoreTest, ARunIsPublishedOnce) {
  std::unique_ptr<FileModelStore> store = Open();
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  ASSERT_OK(store->Publish(Description("s4", "s4-2"), source_));
  v1::ModelVersion again = Description("s4", "s4-1");
  again.set_eval_accuracy(0.5);
  absl::StatusOr<v1::ModelVersion> version = store->Publish(again, source_);
  ASSERT_OK(version);
  EXPECT_EQ(version->version(), 1);
  EXPECT_EQ(version->eval_accuracy(), 0.9942);
  EXPECT_FALSE(fs::exists(store->Directory("s4", 3)));
}

TEST_F(FileModelStoreTest, VersionZeroIsTheNewest) {
  std::unique_ptr<FileModelStore> store = Open();
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  ASSERT_OK(store->Publish(Description("s4", "s4-2"), source_));
  EXPECT_EQ(store->Get("s4", 0)->version(), 2);
  EXPECT_EQ(store->Get("s4", 1)->run_id(), "s4-1");
}

TEST_F(FileModelStoreTest, AnUnknownModelIsNotFoundWithTheKnownOnes) {
  std::unique_ptr<FileModelStore> store = Open();
  EXPECT_THAT(store->Get("s5", 0),
              StatusIs(absl::StatusCode::kNotFound, "no model \"s5\"; models: none yet"));
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  ASSERT_OK(store->Publish(Description("wide", "wide-1"), source_));
  EXPECT_THAT(store->Get("s5", 0), StatusIs(absl::StatusCode::kNotFound, "models: s4, wide"));
}

TEST_F(FileModelStoreTest, AnUnknownVersionIsNotFoundWithTheKnownOnes) {
  std::unique_ptr<FileModelStore> store = Open();
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  ASSERT_OK(store->Publish(Description("s4", "s4-2"), source_));
  EXPECT_THAT(store->Get("s4", 9),
              StatusIs(absl::StatusCode::kNotFound, "model s4 has no version 9; versions: 1, 2"));
}

TEST_F(FileModelStoreTest, ListsModelsByNameAndVersionsNewestFirst) {
  std::unique_ptr<FileModelStore> store = Open();
  ASSERT_OK(store->Publish(Description("wide", "wide-1"), source_));
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  ASSERT_OK(store->Publish(Description("s4", "s4-2"), source_));
  const std::vector<v1::Model> models = store->List();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].name(), "s4");
  EXPECT_EQ(models[0].versions(0).version(), 2);
  EXPECT_EQ(models[0].versions(1).version(), 1);
  EXPECT_EQ(models[1].name(), "wide");
}

TEST_F(FileModelStoreTest, VersionsSurviveReopening) {
  ASSERT_OK(Open()->Publish(Description("s4", "s4-1"), source_));
  std::unique_ptr<FileModelStore> store = Open();
  EXPECT_EQ(store->Get("s4", 1)->eval_accuracy(), 0.9942);
  EXPECT_EQ(store->Publish(Description("s4", "s4-1"), source_)->version(), 1);
  EXPECT_EQ(store->Publish(Description("s4", "s4-2"), source_)->version(), 2);
}

TEST_F(FileModelStoreTest, OpeningRemovesAPublicationThatWasCutShort) {
  ASSERT_OK(Open()->Publish(Description("s4", "s4-1"), source_));
  WriteFile(root_ + "/s4/.publishing/model.safetensors", "half");
  std::unique_ptr<FileModelStore> store = Open();
  EXPECT_FALSE(fs::exists(root_ + "/s4/.publishing"));
  EXPECT_EQ(store->List()[0].versions_size(), 1);
}

TEST_F(FileModelStoreTest, ADescriptionThatCannotBeReadIsDataLossAndNamesTheFile) {
  ASSERT_OK(Open()->Publish(Description("s4", "s4-1"), source_));
  WriteFile(root_ + "/s4/1/version.textproto", "model: 7 {");
  EXPECT_THAT(FileModelStore::Open(root_),
              StatusIs(absl::StatusCode::kDataLoss, "s4/1/version.textproto, got other text"));
  fs::remove(root_ + "/s4/1/version.textproto");
  EXPECT_THAT(FileModelStore::Open(root_), StatusIs(absl::StatusCode::kDataLoss, "got no file"));
}

TEST_F(FileModelStoreTest, AFolderUnderAnotherModelsNameIsDataLoss) {
  ASSERT_OK(Open()->Publish(Description("s4", "s4-1"), source_));
  fs::rename(root_ + "/s4", root_ + "/s5");
  EXPECT_THAT(FileModelStore::Open(root_),
              StatusIs(absl::StatusCode::kDataLoss, "expected version 1 of model s5"));
}

TEST_F(FileModelStoreTest, AModelNameThatLeavesTheFolderIsRefused) {
  EXPECT_THAT(Open()->Publish(Description("../s4", "s4-1"), source_),
              StatusIs(absl::StatusCode::kInvalidArgument, "got \"../s4\""));
}

TEST_F(FileModelStoreTest, AnAbsentSourceLeavesNothingBehind) {
  std::unique_ptr<FileModelStore> store = Open();
  EXPECT_THAT(store->Publish(Description("s4", "s4-1"), directory_.Path("absent")),
              StatusIs(absl::StatusCode::kNotFound, "absent"));
  EXPECT_TRUE(fs::is_empty(root_ + "/s4"));
  EXPECT_THAT(store->Get("s4", 0), StatusIs(absl::StatusCode::kNotFound, "no model"));
}

TEST_F(FileModelStoreTest, AVersionKeepsTheSampleOfItsTraining) {
  v1::ModelSample sample;
  sample.mutable_logits()->set_data("12345678");
  WriteFile(source_ + "/sample.binpb", sample.SerializeAsString());
  const std::unique_ptr<FileModelStore> store = Open();
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  const absl::StatusOr<std::optional<v1::ModelSample>> found = store->FindSample("s4", 1);
  ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->logits().data(), "12345678");
  WriteFile(store->Directory("s4", 1) + "/sample.binpb", "no message");
  EXPECT_THAT(store->FindSample("s4", 1), StatusIs(absl::StatusCode::kDataLoss, "sample"));
}

TEST_F(FileModelStoreTest, AVersionMayHaveNoSample) {
  const std::unique_ptr<FileModelStore> store = Open();
  ASSERT_OK(store->Publish(Description("s4", "s4-1"), source_));
  const absl::StatusOr<std::optional<v1::ModelSample>> found = store->FindSample("s4", 1);
  ASSERT_OK(found);
  EXPECT_FALSE(found->has_value());
}

TEST_F(FileModelStoreTest, AVersionsSizeIsThatOfItsFiles) {
  const std::unique_ptr<FileModelStore> store = Open();
  const absl::StatusOr<v1::ModelVersion> version =
      store->Publish(Description("s4", "s4-1"), source_);
  ASSERT_OK(version);
  const int64_t text =
      static_cast<int64_t>(ReadFile(store->Directory("s4", 1) + "/version.textproto").size());
  EXPECT_EQ(version->size_bytes(), text + 7);  // of "weights"
  EXPECT_EQ(Open()->Get("s4", 1)->size_bytes(), text + 7);
}

}  // namespace
}  // namespace traind
