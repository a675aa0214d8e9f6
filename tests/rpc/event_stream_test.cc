#include "server/rpc/event_stream.h"

#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/event_stream_fixture.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

using EventStreamTest = EventStreamFixture;

TEST_F(EventStreamTest, AnEndedRunIsReadToItsTerminalEvent) {
  Serve();
  const std::string run_id = CreateRun(10);
  Append(run_id, 1, true);
  const Received received = ReadAll(Request(run_id));
  EXPECT_TRUE(received.status.ok());
  EXPECT_EQ(received.sequences, Sequences(0, 11));
  EXPECT_TRUE(received.last_is_terminal);
}

TEST_F(EventStreamTest, AFollowerGetsWhatIsAppendedUntilTheEnd) {
  Serve();
  const std::string run_id = CreateRun(1);
  Received received;
  std::thread reader([&] { received = ReadAll(Request(run_id)); });
  for (int i = 0; i < 100; ++i) Append(run_id, 1);
  Append(run_id, 1, true);
  reader.join();
  EXPECT_EQ(received.sequences, Sequences(0, 102));
  EXPECT_TRUE(received.status.ok());
}

TEST_F(EventStreamTest, ManyFollowersMissNothingAndSeeNothingTwice) {
  constexpr int kReaders = 40;
  limits_.ring_events_max = 64;  // slow ones fall back to the store
  limits_.stream_events_max = 16;
  Serve();
  const std::string run_id = CreateRun(1);
  std::vector<Received> received(kReaders);
  std::vector<std::thread> readers;
  for (Received& result : received) {
    readers.emplace_back([&] { result = ReadAll(Request(run_id)); });
  }
  for (int i = 0; i < 500; ++i) Append(run_id, 3);
  Append(run_id, 1, true);
  for (std::thread& reader : readers) reader.join();
  for (const Received& result : received) {
    EXPECT_EQ(result.sequences, Sequences(0, 1502));
    EXPECT_TRUE(result.status.ok()) << result.status.error_message();
    EXPECT_LE(result.largest_message, 16);
  }
}

TEST_F(EventStreamTest, AfterSequenceContinuesWhereAnEarlierStreamStopped) {
  Serve();
  const std::string run_id = CreateRun(20);
  Append(run_id, 1, true);
  EXPECT_EQ(ReadAll(Request(run_id, 15)).sequences, Sequences(15, 21));
}

TEST_F(EventStreamTest, AfterTheTerminalEventThereIsNothingButTheEnd) {
  Serve();
  const std::string run_id = CreateRun(20);
  Append(run_id, 1, true);
  const Received received = ReadAll(Request(run_id, 21));
  EXPECT_EQ(received.messages, 0);
  EXPECT_TRUE(received.status.ok());
}

TEST_F(EventStreamTest, WithoutFollowingTheStreamEndsAtTheNewestEvent) {
  limits_.stream_events_max = 4;
  Serve();
  const std::string run_id = CreateRun(10);
  const Received received = ReadAll(Request(run_id, 0, true));
  EXPECT_EQ(received.sequences, Sequences(0, 10));
  EXPECT_TRUE(received.status.ok());
}

TEST_F(EventStreamTest, ManyEventsAreFewMessages) {
  limits_.stream_messages_per_second_max = 1;
  Serve();
  const std::string run_id = CreateRun(1);
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  // All of these come while the stream paces, so they travel together.
  for (int i = 0; i < 100; ++i) Append(run_id, 1);
  Append(run_id, 1, true);
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.events_size(), 101);
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(EventStreamTest, ProgressComesOnlyWhenAskedFor) {
  Serve();
  const std::string run_id = CreateRun(1);
  v1::Progress progress;
  progress.set_step_in_epoch(7);
  event_log_->PublishProgress(run_id, progress);
  grpc::ClientContext with_context, without_context;
  v1::StreamMetricsRequest request = Request(run_id);
  auto without = training_->StreamMetrics(&without_context, request);
  request.set_include_progress(true);
  auto with = training_->StreamMetrics(&with_context, request);
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(without->Read(&message));
  EXPECT_FALSE(message.has_progress());
  ASSERT_TRUE(with->Read(&message));
  EXPECT_EQ(message.progress().step_in_epoch(), 7);
  without_context.TryCancel();
  with_context.TryCancel();
  without->Finish();
  with->Finish();
}

TEST_F(EventStreamTest, NewProgressAloneWakesAFollower) {
  Serve();
  const std::string run_id = CreateRun(1);
  grpc::ClientContext context;
  v1::StreamMetricsRequest request = Request(run_id, 1);
  request.set_include_progress(true);
  auto stream = training_->StreamMetrics(&context, request);
  v1::Progress progress;
  progress.set_step_in_epoch(8);
  event_log_->PublishProgress(run_id, progress);
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.events_size(), 0);
  EXPECT_EQ(message.progress().step_in_epoch(), 8);
  context.TryCancel();
  stream->Finish();
}

TEST_F(EventStreamTest, ACancelledStreamLeavesNoSubscriber) {
  Serve();
  const std::string run_id = CreateRun(1);
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(event_log_->subscriber_count(), 1);
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // Returns only when every call is over; the subscription is then gone.
  server_.reset();
  EXPECT_EQ(event_log_->subscriber_count(), 0);
}

TEST_F(EventStreamTest, CancelsWhileEventsArriveAreHarmless) {
  Serve();
  const std::string run_id = CreateRun(1);
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        grpc::ClientContext context;
        auto stream = training_->StreamMetrics(&context, Request(run_id));
        v1::StreamMetricsResponse message;
        for (int reads = 0; reads < (i + round) % 3; ++reads) stream->Read(&message);
        context.TryCancel();
        stream->Finish();
      }
    });
  }
  for (int i = 0; i < 2000; ++i) Append(run_id, 1);
  Append(run_id, 1, true);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(ReadAll(Request(run_id)).sequences, Sequences(0, 2002));
}

TEST_F(EventStreamTest, AReaderThatDoesNotReadHoldsUpNobody) {
  limits_.ring_events_max = 1000;
  Serve();
  const std::string run_id = CreateRun(1);
  grpc::ClientContext slow_context;
  auto slow = training_->StreamMetrics(&slow_context, Request(run_id));
  for (int i = 0; i < 100; ++i) Append(run_id, 500);
  Append(run_id, 1, true);
  EXPECT_EQ(ReadAll(Request(run_id)).sequences, Sequences(0, 50'002));
  // The slow one has lost nothing either.
  std::vector<int64_t> sequences;
  v1::StreamMetricsResponse message;
  while (slow->Read(&message)) {
    for (const v1::Event& event : message.events()) sequences.push_back(event.sequence());
  }
  EXPECT_EQ(sequences, Sequences(0, 50'002));
  EXPECT_TRUE(slow->Finish().ok());
}

TEST_F(EventStreamTest, AnUnknownRunIsNotFound) {
  Serve();
  EXPECT_EQ(ReadAll(Request("s4-99")).status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(EventStreamTest, ASequenceFromTheFutureIsOutOfRange) {
  Serve();
  const std::string run_id = CreateRun(3);
  const Received received = ReadAll(Request(run_id, 4));
  EXPECT_EQ(received.status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(received.status.error_message(), HasSubstr("at most 3"));
}

TEST_F(EventStreamTest, BadRequestsNameTheField) {
  Serve();
  EXPECT_THAT(ReadAll(Request("")).status.error_message(), HasSubstr("run_id: expected"));
  const Received received = ReadAll(Request("s4-1", -1));
  EXPECT_EQ(received.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(received.status.error_message(), HasSubstr("after_sequence: expected"));
}

TEST_F(EventStreamTest, OneSubscriberTooManyIsToldTheLimit) {
  limits_.subscribers_max = 1;
  Serve();
  const std::string run_id = CreateRun(1);
  grpc::ClientContext context;
  auto first = training_->StreamMetrics(&context, Request(run_id));
  v1::StreamMetricsResponse message;
  ASSERT_TRUE(first->Read(&message));
  const Received second = ReadAll(Request(run_id));
  EXPECT_EQ(second.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(second.status.error_message(), HasSubstr("subscribers_max"));
  context.TryCancel();
  first->Finish();
}

}  // namespace
}  // namespace traind
