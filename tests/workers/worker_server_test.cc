#include "server/workers/worker_server.h"

#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/recording_handler.h"
#include "traind/worker/v1/worker_service.grpc.pb.h"

namespace traind {
namespace {

using worker::v1::AttachRequest;
using worker::v1::AttachResponse;

AttachRequest Hello(const std::string& run_id, int attempt) {
  AttachRequest request;
  request.mutable_hello()->set_run_id(run_id);
  request.mutable_hello()->set_attempt(attempt);
  return request;
}

AttachRequest Batch(int64_t number, int event_count) {
  AttachRequest request;
  request.mutable_events()->set_batch_number(number);
  for (int i = 0; i < event_count; ++i) request.mutable_events()->add_events();
  return request;
}

// Speaks the protocol by hand, so that it can break its rules.
class WorkerServerTest : public testing::Test {
 protected:
  WorkerServerTest() {
    absl::StatusOr<std::unique_ptr<WorkerServer>> server =
        WorkerServer::Start({.socket_directory = socket_directory_, .limits = {}}, handler_);
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = worker::v1::WorkerService::NewStub(
        grpc::CreateChannel(absl::StrCat("unix:", WorkerServer::SocketPath(socket_directory_)),
                            grpc::InsecureChannelCredentials()));
    context_.set_deadline(absl::ToChronoTime(absl::Now() + RecordingHandler::kWaitMax));
    stream_ = stub_->Attach(&context_);
  }

  ~WorkerServerTest() override { context_.TryCancel(); }

  void SayHello() {
    ASSERT_TRUE(stream_->Write(Hello("s4-1", 1)));
    AttachResponse response;
    ASSERT_TRUE(stream_->Read(&response));
    ASSERT_TRUE(response.has_assignment());
  }

  // Sends a message that must end the stream, and returns how it ended.
  grpc::Status SendWrong(const AttachRequest& request) {
    stream_->Write(request);
    AttachResponse response;
    while (stream_->Read(&response)) continue;
    return stream_->Finish();
  }

  TempDirectory directory_;
  const std::string socket_directory_ = directory_.Path("workers");
  RecordingHandler handler_;
  std::unique_ptr<WorkerServer> server_;
  std::unique_ptr<worker::v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<AttachRequest, AttachResponse>> stream_;
};

TEST_F(WorkerServerTest, OnlyThisUserCanReachTheSocket) {
  struct stat found = {};
  ASSERT_EQ(stat(socket_directory_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700u);
}

TEST_F(WorkerServerTest, EachBatchIsAcknowledgedByItsNumber) {
  SayHello();
  AttachResponse response;
  for (int64_t number = 1; number <= 3; ++number) {
    ASSERT_TRUE(stream_->Write(Batch(number, 2)));
    ASSERT_TRUE(stream_->Read(&response));
    EXPECT_EQ(response.ack().batch_number(), number);
    EXPECT_FALSE(response.ack().finished());
  }
  EXPECT_EQ(handler_.events().size(), 6u);
}

TEST_F(WorkerServerTest, AStreamEndsWellAfterFinished) {
  SayHello();
  AttachRequest request;
  request.mutable_finished()->set_outcome(worker::v1::OUTCOME_SUCCEEDED);
  ASSERT_TRUE(stream_->Write(request));
  AttachResponse response;
  ASSERT_TRUE(stream_->Read(&response));
  EXPECT_TRUE(response.ack().finished());
  stream_->WritesDone();
  EXPECT_FALSE(stream_->Read(&response));
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(WorkerServerTest, AnythingBeforeTheHelloIsRefused) {
  const grpc::Status status = SendWrong(Batch(1, 1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), testing::HasSubstr("expected a hello first"));
}

TEST_F(WorkerServerTest, ASecondHelloIsRefused) {
  SayHello();
  EXPECT_THAT(SendWrong(Hello("s4-1", 1)).error_message(), testing::HasSubstr("one hello"));
}

TEST_F(WorkerServerTest, AGapInTheBatchNumbersIsRefused) {
  SayHello();
  const grpc::Status status = SendWrong(Batch(2, 1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "expected batch 1, got 2");
  EXPECT_THAT(handler_.events(), testing::IsEmpty());
}

TEST_F(WorkerServerTest, ABatchThatIsTooLargeIsRefused) {
  SayHello();
  EXPECT_EQ(SendWrong(Batch(1, 257)).error_message(),
            "expected at most 256 events in a batch, got 257");
}

TEST_F(WorkerServerTest, AMessageWithoutPayloadIsRefused) {
  SayHello();
  EXPECT_EQ(SendWrong(AttachRequest()).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WorkerServerTest, NothingMayFollowFinished) {
  SayHello();
  AttachRequest request;
  request.mutable_finished()->set_outcome(worker::v1::OUTCOME_SUCCEEDED);
  ASSERT_TRUE(stream_->Write(request));
  EXPECT_EQ(SendWrong(Batch(1, 1)).error_message(), "expected nothing after finished");
}

TEST_F(WorkerServerTest, ShutdownCutsSilentStreams) {
  SayHello();
  server_->Shutdown(absl::Now());
  AttachResponse response;
  EXPECT_FALSE(stream_->Read(&response));
  EXPECT_FALSE(stream_->Finish().ok());
}

TEST(WorkerServerStartTest, APathTooLongForASocketIsRefused) {
  RecordingHandler handler;
  const std::string directory = absl::StrCat("/tmp/", std::string(100, 'd'));
  EXPECT_THAT(WorkerServer::Start({.socket_directory = directory, .limits = {}}, handler),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected at most 107 bytes, got 117"));
}

TEST(WorkerServerStartTest, AnOpenDirectoryIsMadePrivate) {
  TempDirectory directory;
  chmod(directory.path().c_str(), 0755);
  RecordingHandler handler;
  ASSERT_OK(WorkerServer::Start({.socket_directory = directory.path(), .limits = {}}, handler));
  struct stat found = {};
  ASSERT_EQ(stat(directory.path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700u);
}

TEST(WorkerServerStartTest, AFileInPlaceOfTheDirectoryIsRefused) {
  TempDirectory directory;
  WriteFile(directory.Path("workers"), "x");
  RecordingHandler handler;
  EXPECT_THAT(
      WorkerServer::Start({.socket_directory = directory.Path("workers"), .limits = {}}, handler),
      StatusIs(absl::StatusCode::kPermissionDenied, "expected a directory of this user"));
}

TEST(WorkerServerStartTest, ASocketLeftByADeadServerIsReplaced) {
  TempDirectory directory;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  WorkerServer::SocketPath(directory.path()).copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  close(dead);  // the name stays
  RecordingHandler handler;
  EXPECT_OK(WorkerServer::Start({.socket_directory = directory.path(), .limits = {}}, handler));
}

}  // namespace
}  // namespace traind
