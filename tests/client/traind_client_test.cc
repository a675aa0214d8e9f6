#include "client/traind_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/client/fake_traind.h"
#include "tests/client/run_events.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const grpc::Status kAway(grpc::UNAVAILABLE, "draining");

class TraindClientTest : public testing::Test {
 protected:
  TraindClientTest() {
    server_.run.set_id("s4-1");
    options_.address = server_.address();
    options_.waiter = &waiter_;
    options_.unary_tries_max = 3;
  }

  std::unique_ptr<Client> Connect() { return *Client::Connect(options_); }

  FakeTraind server_;
  FakeWaiter waiter_;
  ClientOptions options_;
};

TEST_F(TraindClientTest, EveryMethodReachesItsServiceWithADeadline) {
  server_.recipes.add_recipes()->set_name("s4");
  server_.summary.set_recipe_name("s4");
  server_.models.add_models()->set_name("s4");
  server_.prediction.set_version(3);
  server_.rows.set_split_row_count(10000);
  server_.info.set_version("0.1.0");
  server_.run_pages.emplace_back().add_runs()->set_id("s4-1");
  server_.deletable = {{"s4-1", 4096}};
  const std::unique_ptr<Client> client = Connect();

  EXPECT_EQ(client->StartTraining({})->id(), "s4-1");
  EXPECT_EQ(client->GetRun("s4-1")->id(), "s4-1");
  EXPECT_EQ(client->ListRuns({})->runs_size(), 1);
  EXPECT_EQ(client->CancelRun("s4-1", true)->id(), "s4-1");
  EXPECT_EQ(client->PauseRun("s4-1")->id(), "s4-1");
  EXPECT_EQ(client->ResumeRun("s4-1")->id(), "s4-1");
  EXPECT_EQ(client->DeleteRun("s4-1")->freed_bytes(), 4096);
  EXPECT_EQ(client->ListRecipes({})->recipes(0).name(), "s4");
  EXPECT_EQ(client->SummarizeRecipe({})->recipe_name(), "s4");
  EXPECT_EQ(client->ListModels({})->models(0).name(), "s4");
  EXPECT_EQ(client->Predict({})->version(), 3);
  EXPECT_EQ(client->ReadDatasetRows({})->split_row_count(), 10000);
  EXPECT_EQ(client->GetServerInfo()->version(), "0.1.0");
  EXPECT_EQ(client->SetLogLevel(v1::LOG_LEVEL_DEBUG)->log_level(), v1::LOG_LEVEL_DEBUG);
  EXPECT_TRUE(server_.cancels[0].force());
  EXPECT_TRUE(server_.every_call_had_deadline);
}

TEST_F(TraindClientTest, ReadIsTriedAgainWhileTheServerIsUnavailable) {
  server_.failures["GetRun"] = {kAway, kAway};
  EXPECT_TRUE(Connect()->GetRun("s4-1").ok());
  EXPECT_THAT(waiter_.waits, SizeIs(2));
}

TEST_F(TraindClientTest, ReadThatAServerCancelsAsItShutsDownIsTriedAgain) {
  server_.failures["GetRun"] = {grpc::Status::CANCELLED};
  EXPECT_TRUE(Connect()->GetRun("s4-1").ok());
  server_.failures["CancelRun"] = {grpc::Status::CANCELLED};
  EXPECT_EQ(Connect()->CancelRun("s4-1", false).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(TraindClientTest, ATryThatWouldEndAfterTheDeadlineIsNotMade) {
  options_.deadline = absl::Milliseconds(50);
  options_.backoff.first = absl::Seconds(10);
  options_.backoff.max = absl::Seconds(10);
  server_.failures["GetRun"] = {kAway, kAway};
  const absl::Status status = Connect()->GetRun("s4-1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(waiter_.waits, SizeIs(0));
}

TEST_F(TraindClientTest, TriesOfAUnaryCallAreBounded) {
  server_.failures["GetRun"] = {kAway, kAway, kAway};
  const absl::Status status = Connect()->GetRun("s4-1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("draining"));
}

TEST_F(TraindClientTest, StartIsRepeatedOnlyWithARequestId) {
  server_.failures["StartTraining"] = {kAway, kAway};
  v1::StartTrainingRequest request;
  EXPECT_EQ(Connect()->StartTraining(request).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(server_.starts, SizeIs(1));
  request.set_request_id("mine");
  EXPECT_TRUE(Connect()->StartTraining(request).ok());
  EXPECT_THAT(server_.starts, SizeIs(3));
}

TEST_F(TraindClientTest, CancelIsNeverRepeated) {
  server_.failures["CancelRun"] = {kAway};
  EXPECT_FALSE(Connect()->CancelRun("s4-1", false).ok());
  EXPECT_THAT(server_.cancels, SizeIs(1));
}

TEST_F(TraindClientTest, CancelPassesTheGraceOn) {
  v1::CancelRunRequest request;
  request.set_run_id("s4-1");
  request.mutable_grace()->set_seconds(30);
  EXPECT_TRUE(Connect()->CancelRun(request).ok());
  EXPECT_EQ(server_.cancels.at(0).grace().seconds(), 30);
}

TEST_F(TraindClientTest, PauseIsTriedAgainSinceASecondOneChangesNothing) {
  server_.failures["PauseRun"] = {kAway};
  EXPECT_TRUE(Connect()->PauseRun("s4-1").ok());
  EXPECT_THAT(server_.pauses, ElementsAre("s4-1", "s4-1"));
}

TEST_F(TraindClientTest, ResumeAndDeleteAreNeverRepeated) {
  server_.failures["ResumeRun"] = {kAway};
  server_.failures["DeleteRun"] = {kAway};
  server_.deletable = {{"s4-1", 4096}};
  EXPECT_FALSE(Connect()->ResumeRun("s4-1").ok());
  EXPECT_FALSE(Connect()->DeleteRun("s4-1").ok());
  EXPECT_THAT(server_.resumes, SizeIs(1));
  EXPECT_THAT(server_.deletes, SizeIs(1));
}

TEST_F(TraindClientTest, OtherErrorsAreNotRepeated) {
  server_.failures["GetRun"] = {grpc::Status(grpc::INTERNAL, "torch fault")};
  const absl::Status status = Connect()->GetRun("s4-1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("torch fault"));
  EXPECT_THAT(server_.request_ids, SizeIs(1));
}

TEST_F(TraindClientTest, TokenOfAFileIsSentAsBearer) {
  options_.token_file = std::filesystem::path(testing::TempDir()) / "client.token";
  std::ofstream(options_.token_file) << "s3cret\n";
  EXPECT_TRUE(Connect()->GetServerInfo().ok());
  EXPECT_EQ(server_.last_authorization, "Bearer s3cret");
}

TEST_F(TraindClientTest, StoppedClientAnswersCancelled) {
  std::stop_source stop;
  stop.request_stop();
  options_.stop = stop.get_token();
  EXPECT_EQ(Connect()->GetServerInfo().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(TraindClientTest, AbsentServerIsUnavailableAndNamed) {
  options_.address = "unix:/nowhere/traind.sock";
  const absl::Status status = Connect()->GetServerInfo().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("unix:/nowhere/traind.sock"));
}

}  // namespace
}  // namespace traind
