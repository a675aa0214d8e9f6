// What a stream leaves out, and how far it says that it has come.

#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/event_stream_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StreamChoiceTest : public EventStreamFixture {
 protected:
  static v1::Event MessageEvent(int64_t seconds = 0) {
    v1::Event event;
    event.mutable_time()->set_seconds(seconds);
    event.mutable_message()->set_text("a line");
    return event;
  }
  static v1::Event StepEvent(float loss) {
    v1::Event event;
    event.mutable_train_step()->set_step(7);
    event.mutable_train_step()->set_loss(loss);
    event.mutable_train_step()->set_learning_rate(0.5);
    return event;
  }
};

TEST_F(StreamChoiceTest, EveryMessageSaysHowFarTheStreamHasCome) {
  limits_.stream_events_max = 4;
  Serve();
  const std::string run_id = CreateRun(10);
  EXPECT_THAT(ReadAll(Request(run_id, 0, true)).last_sequences, ElementsAre(4, 8, 10));
}

TEST_F(StreamChoiceTest, OnlyTheKindsThatWereAskedForAndTheTerminalStateCome) {
  Serve();
  const std::string run_id = CreateRun(5);
  AppendEvent(run_id, MessageEvent());
  Append(run_id, 5);
  Append(run_id, 1, true);
  v1::StreamMetricsRequest request = Request(run_id);
  request.add_kinds(v1::EVENT_KIND_MESSAGE);
  const Received received = ReadAll(request);
  EXPECT_THAT(received.sequences, ElementsAre(6, 12));
  EXPECT_TRUE(received.last_is_terminal);
  EXPECT_TRUE(received.status.ok());
}

TEST_F(StreamChoiceTest, TheCursorPassesOverPagesThatAreLeftOut) {
  limits_.stream_events_max = 4;
  Serve();
  const std::string run_id = CreateRun(30);
  v1::StreamMetricsRequest request = Request(run_id, 0, true);
  request.add_kinds(v1::EVENT_KIND_MESSAGE);
  const Received received = ReadAll(request);
  EXPECT_THAT(received.sequences, IsEmpty());
  EXPECT_THAT(received.last_sequences, ElementsAre(30));
  EXPECT_TRUE(received.status.ok());
}

TEST_F(StreamChoiceTest, AFollowerOfOneKindGetsNewOnesOfIt) {
  limits_.ring_events_max = 16;
  Serve();
  const std::string run_id = CreateRun(1);
  v1::StreamMetricsRequest request = Request(run_id);
  request.add_kinds(v1::EVENT_KIND_MESSAGE);
  Received received;
  std::thread reader([&] { received = ReadAll(request); });
  for (int i = 0; i < 20; ++i) {
    Append(run_id, 9);
    AppendEvent(run_id, MessageEvent());
  }
  Append(run_id, 1, true);
  reader.join();
  std::vector<int64_t> expected;
  for (int i = 1; i <= 20; ++i) expected.push_back(1 + 10 * i);
  expected.push_back(202);
  EXPECT_EQ(received.sequences, expected);
}

TEST_F(StreamChoiceTest, OfMetricEventsOnlyTheNamedMetricsCome) {
  Serve();
  const std::string run_id = CreateRun(0);
  AppendEvent(run_id, StepEvent(0.25));
  v1::Event epoch;
  epoch.mutable_epoch_finished()->set_eval_loss(0.5);
  AppendEvent(run_id, epoch);
  v1::StreamMetricsRequest request = Request(run_id, 0, true);
  request.add_metric_names("loss");
  const Received received = ReadAll(request);
  ASSERT_THAT(received.sequences, ElementsAre(1));
  EXPECT_EQ(received.events[0].train_step().loss(), 0.25);
  EXPECT_EQ(received.events[0].train_step().step(), 7);
  EXPECT_EQ(received.events[0].train_step().learning_rate(), 0);
}

TEST_F(StreamChoiceTest, OnlyEventsFromTheTimeOnCome) {
  Serve();
  const std::string run_id = CreateRun(0);
  for (const int64_t seconds : {10, 20, 30}) AppendEvent(run_id, MessageEvent(seconds));
  v1::StreamMetricsRequest request = Request(run_id, 0, true);
  request.mutable_since_time()->set_seconds(20);
  EXPECT_THAT(ReadAll(request).sequences, ElementsAre(2, 3));
}

TEST_F(StreamChoiceTest, AMetricThatDoesNotExistIsRefusedWithThoseThereAre) {
  Serve();
  v1::StreamMetricsRequest request = Request(CreateRun(1));
  request.add_metric_names("accuracy");
  const grpc::Status status = ReadAll(request).status;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("loss, learning_rate, last_loss, train_loss"));
}

TEST_F(StreamChoiceTest, TooFewPointsAreRefused) {
  Serve();
  v1::StreamMetricsRequest request = Request(CreateRun(1));
  request.set_max_points(9);
  const grpc::Status status = ReadAll(request).status;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("max_points: expected"));
}

TEST_F(StreamChoiceTest, AfterZeroTheOldestKeptEventIsTheFirst) {
  limits_.ring_events_max = 4;
  Serve();
  const std::string run_id = CreateRun(20);
  v1::Run run = *store_.Get(run_id);
  run.set_first_sequence(9);
  ASSERT_OK(store_.Update(run));
  EXPECT_EQ(ReadAll(Request(run_id, 0, true)).sequences, Sequences(8, 20));
  EXPECT_EQ(ReadAll(Request(run_id, 3, true)).status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(StreamChoiceTest, LargeEventsAreSpreadOverSeveralMessages) {
  limits_.stream_message_bytes_max = 1000;
  Serve();
  const std::string run_id = CreateRun(0);
  v1::Event event;
  event.mutable_message()->set_text(std::string(400, 'x'));
  for (int i = 0; i < 5; ++i) AppendEvent(run_id, event);
  event.mutable_message()->set_text(std::string(4000, 'x'));  // more than a message, alone
  AppendEvent(run_id, event);
  const Received received = ReadAll(Request(run_id, 0, true));
  EXPECT_EQ(received.sequences, Sequences(0, 6));
  EXPECT_THAT(received.last_sequences, ElementsAre(2, 4, 5, 6));
  v1::StreamMetricsRequest request = Request(run_id, 0, true);
  request.set_max_points(10);
  EXPECT_EQ(ReadAll(request).messages, 4);
}

TEST_F(StreamChoiceTest, BytesThatAreNoRequestAreRefused) {
  Serve();
  const grpc::internal::RpcMethod method("/traind.v1.TrainingService/StreamMetrics",
                                         grpc::internal::RpcMethod::SERVER_STREAMING);
  const grpc::Slice slice("\xff\xff");
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::StreamMetricsResponse>> stream(
      grpc::internal::ClientReaderFactory<v1::StreamMetricsResponse>::Create(channel_.get(), method,
                                                                             &context, bytes));
  v1::StreamMetricsResponse message;
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace traind
