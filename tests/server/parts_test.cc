// The small parts that the composition root is put together from.

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/address_file.h"
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
  TempDirectory directory_;
  FakeClock clock_;
};

TEST_F(RunPublisherTest, TheCheckpointBecomesAVersionWithTheRunsFigures) {
  WriteFile(directory_.Path("runs/two-1/checkpoints/step-000000002/model.safetensors"), "weights");
  const auto models = FileModelStore::Open(directory_.Path("models"));
  ASSERT_OK(models);
  v1::Run run;
  run.set_id("two-1");
  run.add_class_names("ape");
  run.add_class_names("bee");
  v1::Recipe& recipe = *run.mutable_recipe();
  recipe.set_name("two");
  recipe.mutable_network()->mutable_input()->set_channels(1);
  recipe.mutable_network()->mutable_input()->set_height(2);
  recipe.mutable_network()->mutable_input()->set_width(2);
  recipe.mutable_network()->add_layers()->mutable_flatten();
  recipe.mutable_network()->add_layers()->mutable_linear()->set_out_features(3);
  run.mutable_best_epoch()->set_eval_loss(0.5);
  run.mutable_best_epoch()->set_eval_correct_count(99);
  run.mutable_best_epoch()->set_eval_sample_count(100);
  v1::CheckpointWritten checkpoint;
  checkpoint.set_epoch(2);
  checkpoint.set_path("step-000000002");

  std::string told;
  RunPublisher publisher(**models, directory_.Path("runs"), clock_,
                         [&told](const v1::ModelVersion& published) {
                           told = absl::StrCat(published.model(), " ", published.version());
                         });
  const absl::StatusOr<v1::ModelVersion> version = publisher.Publish(run, checkpoint);

  ASSERT_OK(version);
  EXPECT_EQ(version->model(), "two");
  EXPECT_EQ(version->version(), 1);
  EXPECT_EQ(version->run_id(), "two-1");
  EXPECT_EQ(version->epoch(), 2);
  EXPECT_EQ(version->parameter_count(), 4 * 3 + 3);
  EXPECT_THAT(version->class_names(), testing::ElementsAre("ape", "bee"));
  EXPECT_DOUBLE_EQ(version->eval_accuracy(), 0.99);
  EXPECT_DOUBLE_EQ(version->eval_loss(), 0.5);
  EXPECT_EQ(version->create_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(ReadFile((*models)->Directory("two", 1) + "/model.safetensors"), "weights");
  EXPECT_EQ(told, "two 1");
  EXPECT_EQ(publisher.Served("two")->version(), 1);
  EXPECT_FALSE(publisher.Served("other").has_value());
}

}  // namespace
}  // namespace traind
