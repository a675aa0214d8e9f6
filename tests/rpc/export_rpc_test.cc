// ExportService through a real client.

#include "tests/rpc/rpc_fixture.h"
#include "traind/v1/export_service.grpc.pb.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

class ExportRpcTest : public RpcFixture {
 protected:
  ExportRpcTest() {
    Serve();
    stub_ = v1::ExportService::NewStub(channel_);
  }

  // A run that waits, with a trace or without.
  std::string StartRun(bool trace) {
    v1::StartTrainingRequest request = Request();
    request.mutable_execution()->set_trace(trace);
    return service_->Start(request)->id();
  }

  grpc::Status ReadTrace(const std::string& run_id, int64_t after_step = 0) {
    grpc::ClientContext context;
    v1::ReadTraceRequest request;
    request.set_run_id(run_id);
    request.set_after_step(after_step);
    return stub_->ReadTrace(&context, request, &page_);
  }

  grpc::Status ReadWeights(const v1::ReadWeightsRequest& request) {
    grpc::ClientContext context;
    return stub_->ReadWeights(&context, request, &piece_);
  }
  static v1::ReadWeightsRequest OfVersion(const std::string& model, int64_t version) {
    v1::ReadWeightsRequest request;
    request.mutable_version()->set_model(model);
    request.mutable_version()->set_version(version);
    return request;
  }

  std::unique_ptr<v1::ExportService::Stub> stub_;
  v1::ReadWeightsResponse piece_;
  v1::ReadTraceResponse page_;
};

TEST_F(ExportRpcTest, ATraceIsReadFromAStepOn) {
  const std::string run_id = StartRun(true);
  for (int step = 1; step <= 3; ++step) export_files_.traces[run_id].add_rows()->set_step(step);
  ASSERT_TRUE(ReadTrace(run_id, 1).ok());
  ASSERT_EQ(page_.rows_size(), 2);
  EXPECT_EQ(page_.rows(0).step(), 2);
}

TEST_F(ExportRpcTest, ARunWithoutATraceSaysHowToGetOne) {
  const grpc::Status status = ReadTrace(StartRun(false));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("expected a run with execution.trace"));
}

TEST_F(ExportRpcTest, ARunThatHasNotBegunHasNoTraceYet) {
  const grpc::Status status = ReadTrace(StartRun(true));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("its first step is to come"));
}

TEST_F(ExportRpcTest, RequestsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(ReadTrace("tiny-9").error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReadTrace("").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReadTrace("tiny-9", -1).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ExportRpcTest, WeightsOfAVersionAreReadPieceByPiece) {
  export_files_.weights["two@1"] = "abcdef";
  v1::ReadWeightsRequest request = OfVersion("two", 1);
  ASSERT_TRUE(ReadWeights(request).ok());
  EXPECT_EQ(piece_.data(), "abcd");
  EXPECT_EQ(piece_.total_bytes(), 6);
  request.set_offset(4);
  ASSERT_TRUE(ReadWeights(request).ok());
  EXPECT_EQ(piece_.data(), "ef");
}

TEST_F(ExportRpcTest, WeightsOfARunAreThoseOfItsBestCheckpointOrTheOneThatIsNamed) {
  const AttemptKey attempt = StartRunning();
  v1::ReadWeightsRequest request;
  request.set_run_id(attempt.run_id);
  EXPECT_EQ(ReadWeights(request).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  ASSERT_OK(service_->OnWorkerEvents(attempt, {EpochFinished(1, 5), CheckpointWritten(1, true)}));
  export_files_.weights[attempt.run_id + "/epoch-00001"] = "best";
  export_files_.weights[attempt.run_id + "/epoch-00000"] = "once";
  ASSERT_TRUE(ReadWeights(request).ok());
  EXPECT_EQ(piece_.data(), "best");
  EXPECT_EQ(piece_.checkpoint(), "epoch-00001");
  request.set_checkpoint("epoch-00000");
  ASSERT_TRUE(ReadWeights(request).ok());
  EXPECT_EQ(piece_.data(), "once");
}

TEST_F(ExportRpcTest, UnknownSourcesOfWeightsAreRefused) {
  EXPECT_EQ(ReadWeights({}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReadWeights(OfVersion("two", 9)).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReadWeights(OfVersion("three", 1)).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::ReadWeightsRequest request;
  request.set_run_id("tiny-9");
  EXPECT_EQ(ReadWeights(request).error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace traind
