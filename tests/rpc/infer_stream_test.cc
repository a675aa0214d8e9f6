// ModelStreamInfer: order, several requests at once, errors among answers, ends.

#include "server/rpc/infer_stream.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/rpc/inference_fixture.h"

namespace traind {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using StreamResponse = inference::ModelStreamInferResponse;

class InferStreamTest : public InferenceFixture {
 protected:
  using Stream =
      grpc::ClientReaderWriter<inference::ModelInferRequest, inference::ModelStreamInferResponse>;

  std::unique_ptr<Stream> Open() { return stub_->ModelStreamInfer(&context_); }

  // All answers until the stream's end.
  static std::vector<StreamResponse> ReadAll(Stream& stream) {
    std::vector<StreamResponse> responses;
    StreamResponse response;
    while (stream.Read(&response)) responses.push_back(response);
    return responses;
  }
  static std::vector<std::string> Ids(const std::vector<StreamResponse>& responses) {
    std::vector<std::string> ids;
    for (const StreamResponse& response : responses) ids.push_back(response.infer_response().id());
    return ids;
  }
  static Request BadRequest(const std::string& id) {
    Request request = RowRequest(id);
    request.set_model_name("three");
    return request;
  }
  std::vector<int64_t> Batches() {
    absl::MutexLock lock(&execution_.mutex);
    return execution_.batches;
  }

  grpc::ClientContext context_;
};

TEST_F(InferStreamTest, AnswersComeInTheOrderOfTheRequestsWithTheirIds) {
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  for (const char* id : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(stream->Write(RowRequest(id, static_cast<float>(id[0]))));
  }
  stream->WritesDone();
  const std::vector<StreamResponse> responses = ReadAll(*stream);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(Ids(responses), ElementsAre("a", "b", "c", "d"));
  for (const StreamResponse& response : responses) {
    EXPECT_EQ(FirstLogit(response.infer_response()),
              static_cast<float>(response.infer_response().id()[0]));
  }
}

TEST_F(InferStreamTest, ARequestIsAnsweredWhileTheClientHasMoreToSend) {
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  for (const char* id : {"a", "b"}) {
    ASSERT_TRUE(stream->Write(RowRequest(id)));
    StreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.infer_response().id(), id);
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(InferStreamTest, RequestsOfOneStreamAreComputedTogether) {
  execution_.hold = true;
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  stream->Write(RowRequest("a"));
  execution_.begun.WaitForNotification();
  for (const char* id : {"b", "c", "d"}) stream->Write(RowRequest(id));
  stream->WritesDone();
  AwaitQueueDepth(3);
  execution_.release.Notify();
  EXPECT_THAT(Ids(ReadAll(*stream)), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Batches(), ElementsAre(1, 3));
}

TEST_F(InferStreamTest, NoMoreThanTheBoundAreUnderWay) {
  limits_.infer_stream_requests_max = 1;
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  for (const char* id : {"a", "b", "c", "d"}) stream->Write(RowRequest(id));
  stream->WritesDone();
  EXPECT_THAT(Ids(ReadAll(*stream)), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Batches(), ElementsAre(1, 1, 1, 1));
}

TEST_F(InferStreamTest, ABadRequestIsAnErrorInItsPlaceAndTheStreamGoesOn) {
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  stream->Write(RowRequest("a"));
  stream->Write(BadRequest("b"));
  stream->Write(RowRequest("c"));
  stream->WritesDone();
  const std::vector<StreamResponse> responses = ReadAll(*stream);
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_THAT(Ids(responses), ElementsAre("a", "b", "c"));
  EXPECT_EQ(responses[0].error_message(), "");
  EXPECT_THAT(responses[1].error_message(), HasSubstr("NOT_FOUND: "));
  EXPECT_EQ(responses[1].infer_response().outputs_size(), 0);
  EXPECT_EQ(responses[2].error_message(), "");
}

TEST_F(InferStreamTest, AStreamOfNothingButBadRequestsEndsWell) {
  limits_.infer_stream_requests_max = 2;
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  for (int i = 0; i < 100; ++i) stream->Write(BadRequest(std::to_string(i)));
  stream->WritesDone();
  EXPECT_THAT(ReadAll(*stream), SizeIs(100));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(InferStreamTest, AStreamWithoutARequestEndsWithOk) {
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  stream->WritesDone();
  EXPECT_THAT(ReadAll(*stream), SizeIs(0));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(InferStreamTest, TheLastAnswerIsMarkedForThoseWhoAsk) {
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  Request request = RowRequest("a");
  (*request.mutable_parameters())["triton_enable_empty_final_response"].set_bool_param(true);
  stream->Write(request);
  stream->Write(RowRequest("b"));
  stream->WritesDone();
  const std::vector<StreamResponse> responses = ReadAll(*stream);
  ASSERT_THAT(responses, SizeIs(2));
  EXPECT_TRUE(responses[0].infer_response().parameters().at("triton_final_response").bool_param());
  EXPECT_EQ(responses[1].infer_response().parameters_size(), 0);
}

TEST_F(InferStreamTest, ACancelledStreamFreesItsPlacesInTheQueue) {
  execution_.hold = true;
  limits_.predict_queue_max = 2;
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  stream->Write(RowRequest("a"));
  execution_.begun.WaitForNotification();
  for (const char* id : {"b", "c"}) stream->Write(RowRequest(id));
  AwaitQueueDepth(2);
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
  // Refused until the server has learnt of the cancel; then it waits for the first.
  std::thread other([this] {
    while (Infer(RowRequest()).error_code() == grpc::RESOURCE_EXHAUSTED) {
    }
  });
  while (predicts_->queue_depth() != 1) std::this_thread::yield();
  execution_.release.Notify();
  other.join();
  server_.reset();
  EXPECT_THAT(Batches(), ElementsAre(1, 1));
  EXPECT_THAT(calls_.ended(), Contains("GRPCInferenceService/ModelStreamInfer CANCELLED"));
}

TEST_F(InferStreamTest, StreamsThatAreCancelledAtAnyMomentEndOnce) {
  constexpr int kStreams = 100;
  ServeInference();
  for (int i = 0; i < kStreams; ++i) {
    grpc::ClientContext context;
    const std::unique_ptr<Stream> stream = stub_->ModelStreamInfer(&context);
    for (int j = 0; j < i % 7; ++j) stream->Write(j % 2 == 0 ? RowRequest("a") : BadRequest("b"));
    StreamResponse response;
    if (i % 3 == 0 && i % 7 > 0) stream->Read(&response);
    context.TryCancel();
    stream->Finish();
  }
  server_.reset();
  EXPECT_EQ(calls_.started().size(), calls_.ended().size());
  EXPECT_THAT(calls_.ended(), Each(AnyOf("GRPCInferenceService/ModelStreamInfer CANCELLED",
                                         "GRPCInferenceService/ModelStreamInfer UNAVAILABLE")));
}

TEST_F(InferStreamTest, ShutdownEndsAnIdleStreamWithUnavailable) {
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  stream->Write(RowRequest("a"));
  StreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  server_->Shutdown(absl::Now() + absl::Seconds(10));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(InferStreamTest, ShutdownLetsARequestInFlightFinish) {
  execution_.hold = true;
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  stream->Write(RowRequest("a"));
  execution_.begun.WaitForNotification();
  std::thread shutdown([this] { server_->Shutdown(absl::Now() + absl::Seconds(10)); });
  execution_.release.Notify();
  EXPECT_THAT(Ids(ReadAll(*stream)), ElementsAre("a"));
  EXPECT_EQ(stream->Finish().error_code(), grpc::UNAVAILABLE);
  shutdown.join();
}

TEST_F(InferStreamTest, TooManyStreamsAreResourceExhausted) {
  limits_.infer_streams_max = 1;
  ServeInference();
  const std::unique_ptr<Stream> first = Open();
  first->Write(RowRequest("a"));
  StreamResponse response;
  ASSERT_TRUE(first->Read(&response));
  grpc::ClientContext context;
  const std::unique_ptr<Stream> second = stub_->ModelStreamInfer(&context);
  EXPECT_FALSE(second->Read(&response));
  const grpc::Status refused = second->Finish();
  EXPECT_EQ(refused.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("infer_streams_max"));
  first->WritesDone();
  EXPECT_TRUE(first->Finish().ok());
}

TEST_F(InferStreamTest, AStreamThatHasEndedLeavesRoomForAnother) {
  limits_.infer_streams_max = 1;
  ServeInference();
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    const std::unique_ptr<Stream> stream = stub_->ModelStreamInfer(&context);
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
}

TEST_F(InferStreamTest, TheTokenIsAskedFor) {
  options_.token = "s3cret";
  ServeInference();
  const std::unique_ptr<Stream> stream = Open();
  StreamResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::UNAUTHENTICATED);
}

}  // namespace
}  // namespace traind
