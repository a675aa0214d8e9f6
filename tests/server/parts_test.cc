// The small parts that the composition root is put together from.

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/address_file.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/dataset_description.h"
#include "server/run_publisher.h"
#include "server/secrets.h"
#include "server/socket_directory.h"
#include "server/store/file_model_store.h"
#include "server/ticker.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

TEST(AddressFileTest, IsThereOnlyWhileItsOwnerLives) {
  TempDirectory directory;
  const std::string path = directory.Path("addresses");
  {
    const auto file = AddressFile::Write(path, "127.0.0.1:1", "127.0.0.1:2");
    ASSERT_OK(file);
    EXPECT_EQ(ReadFile(path), "grpc=127.0.0.1:1\nmetrics=127.0.0.1:2\n");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(AddressFileTest, AnUnwritablePlaceIsNamed) {
  EXPECT_THAT(AddressFile::Write("/proc/nowhere/addresses", "a", "b"), testing::Not(IsOk()));
}

TEST(SocketDirectoryTest, LiesInTheDataDirectoryWhereThatIsShort) {
  const auto directory = SocketDirectory::Choose("/srv/traind", "worker.sock");
  ASSERT_OK(directory);
  EXPECT_EQ((*directory)->path(), "/srv/traind/workers");
}

TEST(SocketDirectoryTest, ALongDataDirectoryGetsAPrivateTemporaryFolder) {
  std::string path;
  {
    const auto directory = SocketDirectory::Choose("/" + std::string(120, 'd'), "worker.sock");
    ASSERT_OK(directory);
    path = (*directory)->path();
    EXPECT_LE(path.size(), 88u);
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TickerTest, TicksUntilDestroyed) {
  std::atomic<int> ticks = 0;
  absl::Notification third;
  {
    Ticker ticker(absl::Milliseconds(1), [&] {
      if (++ticks == 3) third.Notify();
    });
    third.WaitForNotification();
  }
  const int after = ticks;
  EXPECT_GE(after, 3);
}

TEST(TickerTest, EndsWithoutWaitingForTheInterval) {
  Ticker ticker(absl::Hours(1), [] {});
}

class SecretsTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& content) {
    WriteFile(directory_.Path(name), content);
    return directory_.Path(name);
  }
  TempDirectory directory_;
  ServerOptions options_;
};

TEST_F(SecretsTest, ATokenIsReadWithoutTheWhiteSpaceAroundIt) {
  options_.token_file = File("token", " s3cret\n");
  const absl::StatusOr<Secrets> secrets = LoadSecrets(options_);
  ASSERT_OK(secrets);
  EXPECT_EQ(secrets->token, "s3cret");
  EXPECT_FALSE(secrets->tls.has_value());
}

TEST_F(SecretsTest, AnEmptyTokenFileDoesNotOpenTheDoor) {
  options_.token_file = File("token", "\n");
  EXPECT_THAT(LoadSecrets(options_),
              StatusIs(absl::StatusCode::kInvalidArgument, "--token-file: expected a token"));
}

TEST_F(SecretsTest, AnEmptyClientCaDoesNotOpenTheDoor) {
  options_.tls_cert = File("cert", "c");
  options_.tls_key = File("key", "k");
  options_.tls_client_ca = File("ca", "");
  EXPECT_THAT(LoadSecrets(options_),
              StatusIs(absl::StatusCode::kInvalidArgument, "--tls-client-ca: expected"));
}

TEST_F(SecretsTest, AnUnreadableFileIsNamedWithItsOption) {
  options_.tls_cert = File("cert", "c");
  options_.tls_key = directory_.Path("absent");
  EXPECT_THAT(LoadSecrets(options_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "--tls-key: cannot read " + directory_.Path("absent")));
}

class RunPublisherTest : public ::testing::Test {
 protected:
  RunPublisherTest() {
    WriteFile(directory_.Path("runs/two-1/checkpoints/step-000000002/model.safetensors"),
              "weights");
    absl::StatusOr<std::unique_ptr<FileModelStore>> models =
        FileModelStore::Open(directory_.Path("models"));
    EXPECT_OK(models);
    models_ = *std::move(models);
    run_.set_id("two-1");
    v1::Recipe& recipe = *run_.mutable_recipe();
    recipe.set_name("two");
    recipe.mutable_data()->set_dataset("words");
    recipe.mutable_network()->mutable_input()->set_channels(1);
    recipe.mutable_network()->mutable_input()->set_height(2);
    recipe.mutable_network()->mutable_input()->set_width(2);
    recipe.mutable_network()->add_layers()->mutable_flatten();
    recipe.mutable_network()->add_layers()->mutable_linear()->set_out_features(3);
    run_.mutable_best_epoch()->set_eval_loss(0.5);
    run_.mutable_best_epoch()->set_eval_correct_count(99);
    run_.mutable_best_epoch()->set_eval_sample_count(100);
    checkpoint_.set_epoch(2);
    checkpoint_.set_path("step-000000002");
  }

  TempDirectory directory_;
  FakeClock clock_;
  std::unique_ptr<FileModelStore> models_;
  v1::Run run_;
  v1::CheckpointWritten checkpoint_;
};

TEST_F(RunPublisherTest, TheCheckpointBecomesAVersionWithTheRunsFigures) {
  std::string told;
  RunPublisher publisher(*models_, directory_.Path("runs"), clock_,
                         [&told](const v1::ModelVersion& published) {
                           told = absl::StrCat(published.model(), " ", published.version());
                         });
  const absl::StatusOr<v1::ModelVersion> version = publisher.Publish(run_, checkpoint_);

  ASSERT_OK(version);
  EXPECT_EQ(version->model(), "two");
  EXPECT_EQ(version->version(), 1);
  EXPECT_EQ(version->run_id(), "two-1");
  EXPECT_EQ(version->epoch(), 2);
  EXPECT_EQ(version->parameter_count(), 4 * 3 + 3);
  EXPECT_DOUBLE_EQ(version->eval_accuracy(), 0.99);
  EXPECT_DOUBLE_EQ(version->eval_loss(), 0.5);
  EXPECT_EQ(version->create_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(ReadFile(models_->Directory("two", 1) + "/model.safetensors"), "weights");
  EXPECT_EQ(told, "two 1");
  EXPECT_EQ(publisher.Served("two")->version(), 1);
  EXPECT_FALSE(publisher.Served("other").has_value());
}

TEST_F(RunPublisherTest, TheNamesOfTheClassesAreThoseOfTheDatasetThatWasLearned) {
  DatasetContent content;
  Split& split = content.splits["train"];
  split.shape = {.row_count = 2, .row_shape = {4}};
  split.values = std::vector<uint8_t>(8);
  split.labels = {0, 1};
  content.class_names = {"no", "yes"};
  const v1::Dataset dataset = DescribeDataset("words", content);
  WriteFile(directory_.Path("datasets/words/dataset.textproto"), dataset.DebugString());
  const DatasetDirectory datasets(directory_.Path("datasets"));
  RunPublisher publisher(*models_, directory_.Path("runs"), clock_, nullptr, &datasets);

  run_.mutable_recipe()->mutable_data()->set_dataset_sha256(dataset.sha256());
  EXPECT_THAT(publisher.Publish(run_, checkpoint_)->class_names(),
              ::testing::ElementsAre("no", "yes"));
  EXPECT_EQ(models_->Get("two", 1)->class_names_size(), 2);

  run_.set_id("two-2");
  run_.mutable_recipe()->mutable_data()->set_dataset_sha256(std::string(64, 'a'));
  WriteFile(directory_.Path("runs/two-2/checkpoints/step-000000002/model.safetensors"), "weights");
  EXPECT_EQ(publisher.Publish(run_, checkpoint_)->class_names_size(), 0);
}

}  // namespace
}  // namespace traind
