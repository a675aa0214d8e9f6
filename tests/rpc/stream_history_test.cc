// Streams that thin out the history they find.

#include "server/rpc/stream_history.h"

#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/event_stream_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

class StreamHistoryTest : public EventStreamFixture {
 protected:
  static v1::StreamMetricsRequest Thinned(const std::string& run_id, int max_points,
                                          bool no_follow = false) {
    v1::StreamMetricsRequest request = Request(run_id, 0, no_follow);
    request.set_max_points(max_points);
    return request;
  }
};

TEST_F(StreamHistoryTest, ALongHistoryIsThinnedAndKeepsItsSpike) {
  limits_.ring_events_max = 64;
  Serve();
  const std::string run_id = CreateRun(3000);
  v1::Event spike;
  spike.mutable_train_step()->set_loss(9);
  AppendEvent(run_id, spike);
  Append(run_id, 3000);
  const Received received = ReadAll(Thinned(run_id, 20, true));
  EXPECT_TRUE(received.status.ok()) << received.status.error_message();
  EXPECT_THAT(received.sequences, IsSupersetOf({1, 3001, 6001}));
  EXPECT_LE(received.sequences.size(), 20);
  EXPECT_TRUE(std::is_sorted(received.sequences.begin(), received.sequences.end()));
}

TEST_F(StreamHistoryTest, AShortHistoryComesWhole) {
  Serve();
  const std::string run_id = CreateRun(9);
  EXPECT_EQ(ReadAll(Thinned(run_id, 10, true)).sequences, Sequences(0, 9));
}

TEST_F(StreamHistoryTest, MessagesAreBoundedAndTheCursorMovesWithTheLast) {
  limits_.stream_events_max = 8;
  Serve();
  const std::string run_id = CreateRun(200);
  const Received received = ReadAll(Thinned(run_id, 20, true));
  EXPECT_LE(received.largest_message, 8);
  ASSERT_GE(received.messages, 2);
  EXPECT_EQ(received.last_sequences.back(), 200);
  std::vector<int64_t> earlier = received.last_sequences;
  earlier.pop_back();
  EXPECT_THAT(earlier, Each(0));
}

TEST_F(StreamHistoryTest, WhatComesAfterTheHistoryIsSentInFull) {
  limits_.stream_messages_per_second_max = 1000;
  Serve();
  const std::string run_id = CreateRun(500);
  grpc::ClientContext context;
  auto stream = training_->StreamMetrics(&context, Thinned(run_id, 10));
  v1::StreamMetricsResponse message;
  do {
    ASSERT_TRUE(stream->Read(&message));
  } while (message.last_sequence() < 500);
  Append(run_id, 300);
  Append(run_id, 1, true);
  std::vector<int64_t> sequences;
  while (stream->Read(&message)) {
    for (const v1::Event& event : message.events()) sequences.push_back(event.sequence());
  }
  EXPECT_EQ(sequences, Sequences(500, 801));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamHistoryTest, AnEndedRunEndsTheStreamAfterItsThinnedHistory) {
  Serve();
  const std::string run_id = CreateRun(500);
  Append(run_id, 1, true);
  const Received received = ReadAll(Thinned(run_id, 10));
  EXPECT_TRUE(received.status.ok());
  EXPECT_TRUE(received.last_is_terminal);
  EXPECT_THAT(received.sequences, Contains(501));
}

TEST_F(StreamHistoryTest, AnEmptyHistoryIsToldToo) {
  Serve();
  const std::string run_id = CreateRun(20);
  v1::StreamMetricsRequest request = Thinned(run_id, 10, true);
  request.add_kinds(v1::EVENT_KIND_MESSAGE);
  EXPECT_THAT(ReadAll(request).last_sequences, ElementsAre(20));
}

TEST_F(StreamHistoryTest, MetricsAreClearedAfterTheExtremesWereFound) {
  Serve();
  const std::string run_id = CreateRun(500);
  v1::Event spike;
  spike.mutable_train_step()->set_loss(9);
  AppendEvent(run_id, spike);
  Append(run_id, 500);
  v1::StreamMetricsRequest request = Thinned(run_id, 10, true);
  request.add_metric_names("learning_rate");
  const Received received = ReadAll(request);
  EXPECT_THAT(received.sequences, Contains(501));
  for (const v1::Event& event : received.events) EXPECT_EQ(event.train_step().loss(), 0);
}

TEST_F(StreamHistoryTest, AnUnknownRunAndASequenceFromTheFutureAreRefused) {
  Serve();
  EXPECT_EQ(ReadAll(Thinned("s4-99", 10)).status.error_code(), grpc::StatusCode::NOT_FOUND);
  v1::StreamMetricsRequest request = Thinned(CreateRun(3), 10);
  request.set_after_sequence(4);
  EXPECT_EQ(ReadAll(request).status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(StreamHistoryTest, OnePageIsReadAtATime) {
  limits_.stream_events_max = 100;
  Restart();
  const std::string run_id = CreateRun(250);
  StreamHistory history(Thinned(run_id, 10), limits_);
  ASSERT_OK(history.ReadPage(*event_log_, EventFilter()));
  ASSERT_OK(history.ReadPage(*event_log_, EventFilter()));
  EXPECT_FALSE(history.complete());
  ASSERT_OK(history.ReadPage(*event_log_, EventFilter()));
  EXPECT_TRUE(history.complete());
  EXPECT_EQ(history.last_sequence(), 250);
}

TEST_F(StreamHistoryTest, WhatComesWhileTheHistoryIsReadIsNoPartOfIt) {
  limits_.stream_events_max = 100;
  Restart();
  const std::string run_id = CreateRun(150);
  StreamHistory history(Thinned(run_id, 10), limits_);
  ASSERT_OK(history.ReadPage(*event_log_, EventFilter()));
  Append(run_id, 500);
  ASSERT_OK(history.ReadPage(*event_log_, EventFilter()));
  EXPECT_TRUE(history.complete());
  EXPECT_EQ(history.last_sequence(), 150);
  EXPECT_EQ(history.TakeMessage().back()->sequence(), 150);
}

}  // namespace
}  // namespace traind
