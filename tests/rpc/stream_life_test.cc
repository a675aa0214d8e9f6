// Signs of life, streams that nobody reads, the pace of many, and why streams end.

#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/event_stream_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

class StreamLifeTest : public EventStreamFixture {
 protected:
  StreamLifeTest() { limits_.stream_watch_interval = absl::Milliseconds(5); }

  // Serves clients that take little unread: else gRPC lets a stream's window grow with
  // the speed of the connection, to more than any run here has.
  void ServeWithSmallWindows() {
    Serve();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 65536);
    channel_ = grpc::CreateCustomChannel(server_->address(), grpc::InsecureChannelCredentials(),
                                         arguments);
    training_ = v1::TrainingService::NewStub(channel_);
  }

  // A run with far more events than such a stream holds unread.
  std::string CreateLargeRun() {
    const std::string run_id = CreateRun(0);
    v1::Event event;
    event.mutable_message()->set_text(std::string(10'000, 'x'));
    for (int i = 0; i < 1000; ++i) AppendEvent(run_id, event);
    return run_id;
  }
};

TEST_F(StreamLifeTest, AnIdleStreamGivesASignOfLife) {
  Serve();
  const std::string run_id = CreateRun(3);
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Seconds(15));
    ASSERT_TRUE(stream->Read(&message));
    EXPECT_EQ(message.events_size(), 0);
    EXPECT_EQ(message.last_sequence(), 3);
  }
  context.TryCancel();
  stream->Finish();
}

TEST_F(StreamLifeTest, ASignOfLifeSaysHowFarAFilteredStreamHasCome) {
  Serve();
  const std::string run_id = CreateRun(0);
  v1::Event event;
  event.mutable_message()->set_text("a line");
  AppendEvent(run_id, event);
  v1::StreamMetricsRequest request = Request(run_id);
  request.add_kinds(v1::EVENT_KIND_MESSAGE);
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, request);
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  Append(run_id, 6);
  while (message.last_sequence() < 7) {
    clock_.Advance(absl::Seconds(15));
    ASSERT_TRUE(stream->Read(&message));
    EXPECT_EQ(message.events_size(), 0);
  }
  context.TryCancel();
  stream->Finish();
}

TEST_F(StreamLifeTest, AStreamThatNobodyReadsIsEnded) {
  ServeWithSmallWindows();
  const std::string run_id = CreateLargeRun();
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  // Until a write is stuck there is nothing to end, so time goes on for as long as it takes.
  std::thread time([this] {
    while (calls_.stream_ends().empty()) {
      clock_.Advance(absl::Minutes(6));
      std::this_thread::yield();
    }
  });
  calls_.AwaitStreamEnds(1);
  time.join();
  EXPECT_THAT(calls_.stream_ends(), ElementsAre("stalled"));
  while (stream->Read(&message)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_.reset();
  EXPECT_EQ(event_log_->subscriber_count(), 0);
}

TEST_F(StreamLifeTest, ManyStreamsThatNobodyReadsAreEndedWhileOthersAreRead) {
  limits_.stream_stall_timeout = absl::Seconds(1);
  limits_.stream_heartbeat_interval = absl::Hours(1000);
  ServeWithSmallWindows();
  const std::string run_id = CreateLargeRun();
  // A client that lives: its connection is read, though its streams are not. Of one
  // that is dead, gRPC's keepalive takes care. This one has nothing to read, so fake
  // time does not find it stuck.
  const std::string other_run_id = CreateRun(1);
  grpc::ClientContext live_context;
  std::thread live([&] {
    auto stream = training_->StreamMetrics(&live_context, Request(other_run_id, 1));
    v1::StreamMetricsResponse message;
    while (stream->Read(&message)) {
    }
    stream->Finish();
  });
  constexpr size_t kStuck = 20;
  std::vector<grpc::ClientContext> contexts(kStuck);
  std::vector<std::unique_ptr<grpc::ClientReader<v1::StreamMetricsResponse>>> streams;
  for (grpc::ClientContext& context : contexts) {
    streams.push_back(training_->StreamMetrics(&context, Request(run_id)));
  }
  std::atomic<bool> ended = false;
  std::thread time([&] {
    while (!ended) {
      clock_.Advance(absl::Milliseconds(100));
      std::this_thread::yield();
    }
  });
  calls_.AwaitStreamEnds(kStuck);
  ended = true;
  time.join();
  EXPECT_THAT(calls_.stream_ends(), Contains("stalled").Times(kStuck));
  EXPECT_EQ(ReadAll(Request(run_id, 0, true)).sequences, Sequences(0, 1000));
  for (size_t i = 0; i < kStuck; ++i) {
    contexts[i].TryCancel();
    streams[i]->Finish();
  }
  live_context.TryCancel();
  live.join();
}

TEST_F(StreamLifeTest, ClientsThatGoWhileTheirStreamsAreBrokenAreHarmless) {
  limits_.stream_stall_timeout = absl::ZeroDuration();  // every write is at once too long
  limits_.stream_watch_interval = absl::Microseconds(100);
  Serve();
  const std::string run_id = CreateRun(2000);
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        grpc::ClientContext context;
        auto stream = training_->StreamMetrics(&context, Request(run_id));
        v1::StreamMetricsResponse message;
        for (int reads = 0; reads < (i + round) % 4; ++reads) stream->Read(&message);
        context.TryCancel();
        stream->Finish();
      }
    });
  }
  for (std::thread& client : clients) client.join();
  server_.reset();
  EXPECT_EQ(event_log_->subscriber_count(), 0);
  EXPECT_EQ(calls_.stream_ends().size(), calls_.ended().size());
}

TEST_F(StreamLifeTest, ManyStreamsShareThePaceAndEachHasOneMessageASecond) {
  limits_.stream_messages_per_second_total_max = 1;  // far too few for these two
  Serve();
  const std::string run_id = CreateRun(1);
  grpc::ClientContext first_context, second_context;
  auto first = training_->StreamMetrics(&first_context, Request(run_id));
  auto second = training_->StreamMetrics(&second_context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(first->Read(&message));
  ASSERT_TRUE(second->Read(&message));
  // Within the second that the stream waits now, these come together.
  for (int i = 0; i < 100; ++i) Append(run_id, 1);
  ASSERT_TRUE(first->Read(&message));
  EXPECT_EQ(message.events_size(), 100);
  first_context.TryCancel();
  second_context.TryCancel();
  first->Finish();
  second->Finish();
}

TEST_F(StreamLifeTest, TheObserverLearnsWhyStreamsEnd) {
  limits_.subscribers_max = 1;
  Serve();
  const std::string run_id = CreateRun(3);
  ReadAll(Request(run_id, 0, true));
  ReadAll(Request("s4-99"));
  ReadAll(Request(""));
  EXPECT_THAT(calls_.stream_ends(), ElementsAre("complete", "error", "refused"));
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  ReadAll(Request(run_id));
  context.TryCancel();
  stream->Finish();
  calls_.AwaitStreamEnds(5);
  EXPECT_THAT(calls_.stream_ends(), ElementsAre("complete", "error", "refused", "full", "client"));
}

TEST_F(StreamLifeTest, AServerThatStopsEndsItsStreamsAndSaysSo) {
  Serve();
  const std::string run_id = CreateRun(3);
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  server_.reset();
  EXPECT_THAT(calls_.stream_ends(), ElementsAre("shutdown"));
}

}  // namespace
}  // namespace traind
