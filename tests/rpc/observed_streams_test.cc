// What streams tell their observer: who follows, what was written, how late.

#include <string>
#include <vector>

#include "server/runs/timestamps.h"
#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

class ObservedStreamsTest : public RpcFixture {
 protected:
  ObservedStreamsTest() { Serve(); }

  std::string CreateRun() {
    v1::Run run;
    run.mutable_recipe()->set_name("s4");
    run.set_state(v1::RUN_STATE_RUNNING);
    return store_.Create(run, "", {})->id();
  }

  // Appends an event that happened at `time`.
  void Append(const std::string& run_id, absl::Time time) {
    v1::Run run = *store_.Get(run_id);
    run.set_last_sequence(run.last_sequence() + 1);
    v1::Event event;
    event.set_run_id(run_id);
    event.set_sequence(run.last_sequence());
    *event.mutable_time() = ToTimestamp(time);
    event.mutable_train_step()->set_step(1);
    ASSERT_OK(store_.UpdateWithEvents(run, {event}));
    event_log_->Publish(run_id, {event}, false);
  }

  // Opens a stream that follows, or reads what there is.
  std::unique_ptr<grpc::ClientReader<v1::StreamMetricsResponse>> Open(grpc::ClientContext& context,
                                                                      const std::string& run_id,
                                                                      bool no_follow = false) {
    v1::StreamMetricsRequest request;
    request.set_run_id(run_id);
    request.set_no_follow(no_follow);
    return training_->StreamMetrics(&context, request);
  }

  v1::StreamMetricsResponse message_;
};

TEST_F(ObservedStreamsTest, AFollowerIsASubscriberUntilItsStreamEnds) {
  const std::string run_id = CreateRun();
  Append(run_id, clock_.Now());
  grpc::ClientContext first_context, second_context;
  auto first = Open(first_context, run_id);
  auto second = Open(second_context, run_id);
  ASSERT_TRUE(first->Read(&message_));
  ASSERT_TRUE(second->Read(&message_));
  EXPECT_EQ(calls_.subscribers(), 2);
  first_context.TryCancel();
  second_context.TryCancel();
  first->Finish();
  second->Finish();
  server_.reset();
  EXPECT_EQ(calls_.subscribers(), 0);
}

TEST_F(ObservedStreamsTest, WhoOnlyReadsWhatThereIsIsNoSubscriber) {
  const std::string run_id = CreateRun();
  Append(run_id, clock_.Now());
  grpc::ClientContext context;
  auto stream = Open(context, run_id, true);
  ASSERT_TRUE(stream->Read(&message_));
  EXPECT_EQ(calls_.subscribers(), 0);
  EXPECT_FALSE(stream->Read(&message_));
  stream->Finish();
  server_.reset();
  EXPECT_EQ(calls_.event_count(), 1);
  EXPECT_EQ(calls_.subscribers(), 0);
}

TEST_F(ObservedStreamsTest, ARefusedFollowerIsNoSubscriber) {
  grpc::ClientContext context;
  auto stream = Open(context, "");
  EXPECT_FALSE(stream->Read(&message_));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  server_.reset();
  EXPECT_EQ(calls_.subscribers(), 0);
}

TEST_F(ObservedStreamsTest, TheLagOfAnEventIsFromItsTimeToItsWrite) {
  const std::string run_id = CreateRun();
  Append(run_id, clock_.Now() - absl::Hours(1));  // says nothing about the stream
  grpc::ClientContext context;
  auto stream = Open(context, run_id);
  ASSERT_TRUE(stream->Read(&message_));
  const absl::Time event_time = clock_.Now() + absl::Seconds(1);
  clock_.Advance(absl::Milliseconds(1250));
  Append(run_id, event_time);
  ASSERT_TRUE(stream->Read(&message_));
  context.TryCancel();
  stream->Finish();
  server_.reset();
  EXPECT_EQ(calls_.event_count(), 2);
  EXPECT_THAT(calls_.lags(), ElementsAre(absl::Milliseconds(250)));
}

TEST_F(ObservedStreamsTest, AClockThatRunsAheadMakesNoNegativeLag) {
  const std::string run_id = CreateRun();
  Append(run_id, clock_.Now() + absl::Seconds(5));
  grpc::ClientContext context;
  auto stream = Open(context, run_id, true);
  ASSERT_TRUE(stream->Read(&message_));
  EXPECT_FALSE(stream->Read(&message_));
  stream->Finish();
  server_.reset();
  EXPECT_THAT(calls_.lags(), ElementsAre(absl::ZeroDuration()));
}

}  // namespace
}  // namespace traind
