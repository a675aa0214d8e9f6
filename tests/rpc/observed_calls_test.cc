// What the door tells of calls: each one's start, its one end, its request id.

#include <string>
#include <thread>
#include <vector>

#include "server/rpc/rpc_methods.h"
#include "tests/rpc/raw_call.h"
#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

class ObservedCallsTest : public RpcFixture {
 protected:
  // Ends the server, and with it every call.
  void EndAll() { server_.reset(); }

  // Methods of ended calls, without their codes.
  std::vector<std::string> EndedMethods() const {
    std::vector<std::string> methods;
    for (const std::string& ended : calls_.ended()) {
      methods.push_back(ended.substr(0, ended.find(' ')));
    }
    return methods;
  }

  // The request id that the server answers a call with this one with.
  std::string RequestIdFor(const std::string& given) {
    grpc::ClientContext context;
    if (!given.empty()) context.AddMetadata("x-request-id", given);
    v1::ServerInfo info;
    v1::ServerService::NewStub(channel_)->GetServerInfo(&context, {}, &info);
    return Answered(context);
  }
  static std::string Answered(const grpc::ClientContext& context) {
    const auto& metadata = context.GetServerInitialMetadata();
    const auto found = metadata.find("x-request-id");
    if (found == metadata.end()) return "";
    return std::string(found->second.data(), found->second.size());
  }
};

TEST_F(ObservedCallsTest, EveryMethodOfEveryServiceGoesThroughTheDoor) {
  Serve();
  std::vector<std::string> expected;
  for (const RpcMethod& method : ListRpcMethods()) {
    CallWithEmptyMessage(*channel_, "/" + method.service + "/" + method.method);
    expected.push_back(method.service.substr(method.service.rfind('.') + 1) + "/" + method.method);
  }
  EndAll();
  EXPECT_THAT(calls_.started(), UnorderedElementsAreArray(expected));
  EXPECT_THAT(EndedMethods(), UnorderedElementsAreArray(expected));
}

TEST_F(ObservedCallsTest, ACallThatIsBeingServedHasStartedAndNotEnded) {
  execution_.hold = true;
  Serve();
  std::thread client([this] { PredictOneRow(); });
  execution_.begun.WaitForNotification();
  EXPECT_THAT(calls_.started(), ElementsAre("PredictionService/Predict"));
  EXPECT_THAT(calls_.ended(), SizeIs(0));
  execution_.release.Notify();
  client.join();
  EXPECT_THAT(calls_.ended(), ElementsAre("PredictionService/Predict OK"));
}

TEST_F(ObservedCallsTest, RefusedCallsStartAndEndOnceToo) {
  options_.token = "s3cret";
  Serve();
  GetServerInfo("Bearer other!");
  PredictOneRow();
  grpc::ClientContext context;
  v1::StreamMetricsResponse message;
  auto stream = training_->StreamMetrics(&context, {});
  EXPECT_FALSE(stream->Read(&message));
  stream->Finish();
  EndAll();
  EXPECT_THAT(calls_.started(), SizeIs(3));
  EXPECT_THAT(calls_.ended(), ElementsAre("ServerService/GetServerInfo UNAUTHENTICATED",
                                          "PredictionService/Predict UNAUTHENTICATED",
                                          "TrainingService/StreamMetrics UNAUTHENTICATED"));
}

TEST_F(ObservedCallsTest, CancelledStreamsEndOnce) {
  constexpr int kStreams = 50;
  Serve();
  v1::StreamMetricsRequest request;
  request.set_run_id(Start().id());
  for (int i = 0; i < kStreams; ++i) {
    grpc::ClientContext context;
    auto stream = training_->StreamMetrics(&context, request);
    v1::StreamMetricsResponse message;
    // Some are cancelled before the server has seen them, some while they follow.
    if (i % 2 == 0) stream->Read(&message);
    context.TryCancel();
    stream->Finish();
  }
  EndAll();
  EXPECT_EQ(calls_.started().size(), calls_.ended().size());
  EXPECT_GE(calls_.ended().size(), size_t{kStreams / 2});
  // The newest may not have been told of its cancel before the server's end.
  EXPECT_THAT(calls_.ended(), Each(AnyOf("TrainingService/StreamMetrics CANCELLED",
                                         "TrainingService/StreamMetrics UNAVAILABLE")));
}

TEST_F(ObservedCallsTest, AShutdownEndsEveryCallOnce) {
  execution_.hold = true;
  Serve();
  grpc::ClientContext context;
  v1::StreamMetricsRequest request;
  request.set_run_id(Start().id());
  auto stream = training_->StreamMetrics(&context, request);
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  std::thread client([this] { PredictOneRow(); });
  execution_.begun.WaitForNotification();
  std::thread shutdown([this] { server_->Shutdown(absl::InfinitePast()); });
  while (stream->Read(&message)) {
  }
  stream->Finish();
  execution_.release.Notify();
  client.join();
  shutdown.join();
  EndAll();
  EXPECT_THAT(EndedMethods(), UnorderedElementsAreArray(calls_.started()));
  EXPECT_THAT(calls_.started(), SizeIs(2));
}

TEST_F(ObservedCallsTest, TheClientsRequestIdIsKeptAndAnswered) {
  Serve();
  EXPECT_EQ(RequestIdFor("trace-42"), "trace-42");
  EXPECT_THAT(calls_.request_ids(), ElementsAre("trace-42"));
}

TEST_F(ObservedCallsTest, ACallWithoutOneOrWithABadOneGetsAFreshOne) {
  Serve();
  const std::vector<std::string> answers = {RequestIdFor(""), RequestIdFor(std::string(129, 'x')),
                                            RequestIdFor("two words")};
  EXPECT_THAT(answers, Each(MatchesRegex("[0-9a-f]{16}")));
  EXPECT_EQ(calls_.request_ids(), answers);
}

TEST_F(ObservedCallsTest, RefusedCallsAndStreamsAnswerTheirRequestIdToo) {
  options_.token = "s3cret";
  Serve();
  EXPECT_EQ(RequestIdFor("refused-1"), "refused-1");
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "stream-1");
  v1::StreamMetricsResponse message;
  auto stream = training_->StreamMetrics(&context, {});
  while (stream->Read(&message)) {
  }
  stream->Finish();
  EXPECT_EQ(Answered(context), "stream-1");
}

}  // namespace
}  // namespace traind
