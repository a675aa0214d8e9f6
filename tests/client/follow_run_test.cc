#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>

#include "client/traind_client.h"
#include "tests/client/fake_traind.h"
#include "tests/client/run_events.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FollowRunTest : public testing::Test {
 protected:
  FollowRunTest() {
    server_.run.set_id("s4-1");
    server_.run.set_state(v1::RUN_STATE_RUNNING);
    ClientOptions options;
    options.address = server_.address();
    options.waiter = &waiter_;
    client_ = *Client::Connect(options);
    request_.set_run_id("s4-1");
  }

  absl::StatusOr<v1::Run> Follow(int64_t after = 0) {
    return client_->FollowRun("s4-1", after, true, listener_, stop_.get_token());
  }

  absl::StatusOr<v1::Run> FollowRequest() {
    return client_->FollowRun(request_, listener_, stop_.get_token());
  }

  std::vector<int64_t> Cursors() const {
    std::vector<int64_t> cursors;
    for (const auto& request : server_.stream_requests) cursors.push_back(request.after_sequence());
    return cursors;
  }

  FakeTraind server_;
  FakeWaiter waiter_;
  std::unique_ptr<Client> client_;
  RecordingListener listener_;
  std::stop_source stop_;
  v1::StreamMetricsRequest request_;
};

const grpc::Status kLost(grpc::UNAVAILABLE, "connection reset");

TEST_F(FollowRunTest, EveryEventComesOnceAndInOrderUpToTheTerminalState) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "a"), MessageEvent(2, "b")}),
                                    Response({SucceededEvent(3)})}}};
  const absl::StatusOr<v1::Run> run = Follow();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2, 3));
}

TEST_F(FollowRunTest, LostStreamIsOpenedAgainAtTheCursor) {
  server_.streams = {
      {.responses = {Response({MessageEvent(1, "a"), MessageEvent(2, "b")})}, .end = kLost},
      {.responses = {Response({SucceededEvent(3)})}}};
  ASSERT_TRUE(Follow().ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2, 3));
  EXPECT_THAT(Cursors(), ElementsAre(0, 2));
}

TEST_F(FollowRunTest, EventsThatAReconnectRepeatsAreDropped) {
  server_.streams = {
      {.responses = {Response({MessageEvent(1, "a"), MessageEvent(2, "b")})}, .end = kLost},
      {.responses = {Response({MessageEvent(2, "b"), SucceededEvent(3)})}}};
  ASSERT_TRUE(Follow().ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2, 3));
}

TEST_F(FollowRunTest, StreamThatEndsWithOkBeforeTheRunDoesIsOpenedAgain) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")})}},
                     {},
                     {.responses = {Response({SucceededEvent(2)})}}};
  ASSERT_TRUE(Follow().ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2));
  EXPECT_THAT(Cursors(), ElementsAre(0, 1, 1));
}

TEST_F(FollowRunTest, CursorAtTheEndOfAFinishedRunReturnsItWithoutAnyEvent) {
  server_.run.set_state(v1::RUN_STATE_CANCELLED);
  server_.run.set_last_sequence(7);
  server_.streams = {{}};
  const absl::StatusOr<v1::Run> run = Follow(7);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->state(), v1::RUN_STATE_CANCELLED);
  EXPECT_THAT(listener_.sequences, IsEmpty());
}

TEST_F(FollowRunTest, FinishedRunWithEventsLeftIsReadOn) {
  server_.run.set_state(v1::RUN_STATE_SUCCEEDED);
  server_.run.set_last_sequence(2);
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")})}},
                     {.responses = {Response({SucceededEvent(2)})}}};
  ASSERT_TRUE(Follow().ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2));
}

TEST_F(FollowRunTest, StreamLostRightAfterTheTerminalStateEndsTheFollowing) {
  server_.streams = {{.responses = {Response({SucceededEvent(1)})}, .end = kLost}};
  const absl::StatusOr<v1::Run> run = Follow();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(server_.stream_requests, SizeIs(1));
}

TEST_F(FollowRunTest, DelaysGrowWhileTheServerIsAwayAndEachIsTold) {
  server_.failures["StreamMetrics"] = {kLost, kLost, kLost};
  server_.streams = {{.responses = {Response({SucceededEvent(1)})}}};
  ASSERT_TRUE(Follow().ok());
  ASSERT_THAT(waiter_.waits, SizeIs(3));
  EXPECT_LE(waiter_.waits[0], absl::Milliseconds(200));
  EXPECT_GE(waiter_.waits[2], absl::Milliseconds(400));
  ASSERT_THAT(listener_.reconnects, SizeIs(3));
  EXPECT_EQ(listener_.reconnects[0].code(), absl::StatusCode::kUnavailable);
}

TEST_F(FollowRunTest, GivesUpAfterTheServerWasSilentForTheWholeWindow) {
  server_.failures["StreamMetrics"] = std::deque<grpc::Status>(1000, kLost);
  const absl::Status status = Follow().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("gave up following run s4-1 after 2m"));
  EXPECT_LT(waiter_.waits.size(), 100);
}

TEST_F(FollowRunTest, MissingEventIsDataLoss) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "a"), MessageEvent(3, "c")})}}};
  const absl::Status status = Follow().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected sequence 2, got 3"));
  EXPECT_THAT(listener_.sequences, ElementsAre(1));
}

TEST_F(FollowRunTest, ErrorThatNoRetryMendsEndsTheFollowing) {
  server_.failures["StreamMetrics"] = {grpc::Status(grpc::OUT_OF_RANGE, "newest event is 4")};
  EXPECT_EQ(Follow(9).status(), absl::OutOfRangeError("newest event is 4"));
  EXPECT_THAT(waiter_.waits, IsEmpty());
}

TEST_F(FollowRunTest, ProgressIsPassedOnButNotAfterTheEnd) {
  v1::StreamMetricsResponse running;
  running.mutable_progress()->set_step_in_epoch(5);
  v1::StreamMetricsResponse last = Response({SucceededEvent(1)});
  last.mutable_progress()->set_step_in_epoch(6);
  server_.streams = {{.responses = {running, last}}};
  ASSERT_TRUE(Follow().ok());
  ASSERT_THAT(listener_.progresses, SizeIs(1));
  EXPECT_EQ(listener_.progresses[0].step_in_epoch(), 5);
  EXPECT_TRUE(server_.stream_requests[0].include_progress());
}

TEST_F(FollowRunTest, StopEndsAStreamThatIsOpen) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")})},
                      .hang = true,
                      .written = [this] { stop_.request_stop(); }}};
  EXPECT_EQ(Follow().status().code(), absl::StatusCode::kCancelled);
}

// Restarts the server when the first event has come.
class RestartingListener final : public RunListener {
 public:
  explicit RestartingListener(FakeTraind& server) : server_(server) {}
  void OnEvent(const v1::Event& event) override {
    sequences.push_back(event.sequence());
    if (event.sequence() == 1) server_.Restart();
  }

  std::vector<int64_t> sequences;

 private:
  FakeTraind& server_;
};

TEST_F(FollowRunTest, RestartOfTheServerLosesAndRepeatsNothing) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")})}, .hang = true},
                     {.responses = {Response({MessageEvent(1, "a"), MessageEvent(2, "b")}),
                                    Response({SucceededEvent(3)})}}};
  RestartingListener listener(server_);
  const absl::StatusOr<v1::Run> run = client_->FollowRun("s4-1", 0, false, listener, {});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(listener.sequences, ElementsAre(1, 2, 3));
}

TEST_F(FollowRunTest, WhatAFilterLeavesOutIsNoLostData) {
  request_.add_kinds(v1::EVENT_KIND_MESSAGE);
  server_.streams = {{.responses = {Response({MessageEvent(2, "b"), MessageEvent(5, "e")}, 6),
                                    Response({SucceededEvent(9)}, 9)}}};
  ASSERT_TRUE(FollowRequest().ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(2, 5, 9));
  ASSERT_THAT(server_.stream_requests, SizeIs(1));
  EXPECT_THAT(server_.stream_requests[0].kinds(), ElementsAre(v1::EVENT_KIND_MESSAGE));
}

TEST_F(FollowRunTest, CursorMovesOverWhatTheServerLeftOut) {
  request_.add_metric_names("loss");
  server_.streams = {
      {.responses = {Response({MessageEvent(2, "b")}, 4), Response({}, 7)}, .end = kLost},
      {.responses = {Response({SucceededEvent(8)}, 8)}}};
  ASSERT_TRUE(FollowRequest().ok());
  EXPECT_THAT(Cursors(), ElementsAre(0, 7));
}

TEST_F(FollowRunTest, SilentlySkippedEventsAreDataLossToo) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")}, 3)}}};
  EXPECT_EQ(Follow().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FollowRunTest, FromTheStartTheOldestKeptEventMayBeALaterOne) {
  server_.streams = {{.responses = {Response({MessageEvent(101, "a"), MessageEvent(102, "b")}, 102),
                                    Response({SucceededEvent(103)}, 103)}}};
  ASSERT_TRUE(Follow().ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(101, 102, 103));
}

TEST_F(FollowRunTest, FromALaterSequenceTheFirstEventMustBeTheNext) {
  server_.streams = {{.responses = {Response({MessageEvent(9, "i")}, 9)}}};
  EXPECT_EQ(Follow(5).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FollowRunTest, AThinnedHistoryThatIsCutOffIsReadAgainAndDeliveredOnce) {
  request_.set_max_points(10);
  server_.streams = {
      {.responses = {Response({MessageEvent(1, "a"), MessageEvent(40, "b")}, 0)}, .end = kLost},
      {.responses = {
           Response({MessageEvent(1, "a"), MessageEvent(38, "x"), MessageEvent(60, "c")}, 70),
           Response({SucceededEvent(71)}, 71)}}};
  ASSERT_TRUE(FollowRequest().ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 40, 60, 71));
  EXPECT_THAT(Cursors(), ElementsAre(0, 0));
  EXPECT_EQ(server_.stream_requests[1].max_points(), 10);
}

TEST_F(FollowRunTest, NothingIsThinnedOnceTheHistoryIsThrough) {
  request_.set_max_points(10);
  server_.streams = {{.responses = {Response({MessageEvent(60, "c")}, 70)}, .end = kLost},
                     {.responses = {Response({MessageEvent(71, "d"), SucceededEvent(72)}, 72)}}};
  ASSERT_TRUE(FollowRequest().ok());
  EXPECT_THAT(Cursors(), ElementsAre(0, 70));
  EXPECT_EQ(server_.stream_requests[1].max_points(), 0);
}

TEST_F(FollowRunTest, ReadEventsOfARequestPassesItOn) {
  request_.set_max_points(20);
  request_.add_kinds(v1::EVENT_KIND_MESSAGE);
  server_.streams = {{.responses = {Response({MessageEvent(3, "c")}, 9)}}};
  ASSERT_TRUE(client_->ReadEvents(request_, listener_, stop_.get_token()).ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(3));
  EXPECT_TRUE(server_.stream_requests[0].no_follow());
  EXPECT_EQ(server_.stream_requests[0].max_points(), 20);
}

TEST_F(FollowRunTest, ReadEventsReturnsAfterTheNewestEvent) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")})}, .end = kLost},
                     {.responses = {Response({MessageEvent(2, "b")})}}};
  ASSERT_TRUE(client_->ReadEvents("s4-1", 0, listener_, stop_.get_token()).ok());
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2));
  EXPECT_TRUE(server_.stream_requests[1].no_follow());
}

TEST_F(FollowRunTest, FollowingGoesOnAcrossTheDeadlineOfOneStream) {
  ClientOptions options;
  options.address = server_.address();
  options.waiter = &waiter_;
  options.stream_deadline = absl::Milliseconds(50);
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")})}, .hang = true},
                     {.responses = {Response({SucceededEvent(2)})}}};
  const absl::StatusOr<v1::Run> run =
      (*Client::Connect(options))->FollowRun("s4-1", 0, false, listener_, {});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2));
  EXPECT_THAT(listener_.reconnects, IsEmpty());
}

TEST_F(FollowRunTest, AStreamThatFallsSilentIsOpenedAgainAtTheCursor) {
  ClientOptions options;
  options.address = server_.address();
  options.waiter = &waiter_;
  options.stream_silence_timeout = absl::Milliseconds(50);
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")}, 1)}, .hang = true},
                     {.responses = {Response({SucceededEvent(2)}, 2)}}};
  const absl::StatusOr<v1::Run> run =
      (*Client::Connect(options))->FollowRun("s4-1", 0, false, listener_, {});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(listener_.sequences, ElementsAre(1, 2));
  EXPECT_THAT(Cursors(), ElementsAre(0, 1));
}

TEST_F(FollowRunTest, SilenceOfAServerThatIsGoneIsTold) {
  ClientOptions options;
  options.address = server_.address();
  options.waiter = &waiter_;
  options.stream_silence_timeout = absl::Milliseconds(50);
  server_.streams = {{.responses = {Response({MessageEvent(1, "a")}, 1)}, .hang = true}};
  const absl::Status status = (*Client::Connect(options))->ReadEvents("s4-1", 0, listener_, {});
  ASSERT_THAT(listener_.reconnects, SizeIs(1));
  EXPECT_THAT(std::string(listener_.reconnects[0].message()),
              HasSubstr("run s4-1 said nothing for 50ms"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);  // the test planned no further stream
}

}  // namespace
}  // namespace traind
