#include "server/runs/event_filter.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "server/runs/event_kind.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

v1::Event StateEvent(v1::RunState to) {
  v1::Event event;
  event.mutable_state_changed()->set_to(to);
  return event;
}

v1::Event StepEvent(int64_t seconds = 0) {
  v1::Event event;
  event.mutable_time()->set_seconds(seconds);
  event.mutable_train_step()->set_epoch(2);
  event.mutable_train_step()->set_step(150);
  event.mutable_train_step()->set_loss(0.5);
  event.mutable_train_step()->set_learning_rate(0.25);
  return event;
}

v1::Event EpochEvent() {
  v1::Event event;
  event.mutable_epoch_finished()->set_epoch(2);
  event.mutable_epoch_finished()->set_step(200);
  event.mutable_epoch_finished()->set_step_count(100);
  event.mutable_epoch_finished()->set_eval_loss(0.125);
  event.mutable_epoch_finished()->set_train_seconds(9);
  return event;
}

v1::Event MessageEvent() {
  v1::Event event;
  event.mutable_message()->set_text("a line");
  return event;
}

class EventFilterTest : public testing::Test {
 protected:
  EventFilter Make() {
    absl::StatusOr<EventFilter> filter = EventFilter::Make(request_, Limits());
    EXPECT_OK(filter);
    return filter.ok() ? *filter : EventFilter();
  }
  absl::Status Refusal() { return EventFilter::Make(request_, Limits()).status(); }

  v1::StreamMetricsRequest request_;
};

TEST_F(EventFilterTest, AnEmptyRequestLetsEverythingThroughAsItIs) {
  const EventFilter filter = Make();
  for (const v1::Event& event : {StateEvent(v1::RUN_STATE_RUNNING), StepEvent(), EpochEvent(),
                                 MessageEvent(), v1::Event()}) {
    EXPECT_TRUE(filter.Passes(event)) << event.ShortDebugString();
    const auto logged = std::make_shared<const LoggedEvent>(event);
    EXPECT_EQ(filter.Trim(logged), logged);
  }
}

TEST_F(EventFilterTest, OnlyTheNamedKindsPassAndTheTerminalState) {
  request_.add_kinds(v1::EVENT_KIND_EPOCH_FINISHED);
  request_.add_kinds(v1::EVENT_KIND_MESSAGE);
  const EventFilter filter = Make();
  EXPECT_TRUE(filter.Passes(EpochEvent()));
  EXPECT_TRUE(filter.Passes(MessageEvent()));
  EXPECT_FALSE(filter.Passes(StepEvent()));
  EXPECT_FALSE(filter.Passes(StateEvent(v1::RUN_STATE_RUNNING)));
  for (const v1::RunState end :
       {v1::RUN_STATE_SUCCEEDED, v1::RUN_STATE_FAILED, v1::RUN_STATE_CANCELLED}) {
    EXPECT_TRUE(filter.Passes(StateEvent(end)));
  }
}

TEST_F(EventFilterTest, MetricEventsWithoutTheNamedMetricAreLeftOut) {
  request_.add_metric_names("eval_loss");
  const EventFilter filter = Make();
  EXPECT_TRUE(filter.Passes(EpochEvent()));
  EXPECT_FALSE(filter.Passes(StepEvent()));
  EXPECT_TRUE(filter.Passes(MessageEvent()));
}

TEST_F(EventFilterTest, OfMetricEventsTheNamedMetricsEpochAndStepStay) {
  request_.add_metric_names("eval_loss");
  request_.add_metric_names("loss");
  const EventFilter filter = Make();
  v1::Event step = StepEvent();
  step.mutable_train_step()->clear_learning_rate();
  EXPECT_EQ(
      filter.Trim(std::make_shared<const LoggedEvent>(StepEvent()))->event().SerializeAsString(),
      step.SerializeAsString());
  v1::Event epoch = EpochEvent();
  epoch.mutable_epoch_finished()->clear_train_seconds();
  epoch.mutable_epoch_finished()->clear_step_count();
  EXPECT_EQ(
      filter.Trim(std::make_shared<const LoggedEvent>(EpochEvent()))->event().SerializeAsString(),
      epoch.SerializeAsString());
}

TEST_F(EventFilterTest, AnUnknownMetricIsRefusedWithThoseThereAre) {
  for (const char* name : {"accuracy", "epoch", "step", "step_count", ""}) {
    request_.clear_metric_names();
    request_.add_metric_names(name);
    EXPECT_THAT(Refusal(), StatusIs(absl::StatusCode::kInvalidArgument,
                                    "metric_names: expected some of loss, learning_rate, "));
    EXPECT_THAT(std::string(Refusal().message()), HasSubstr("data_wait_seconds"));
  }
}

TEST_F(EventFilterTest, EarlierEventsAreLeftOutButForTheTerminalState) {
  request_.mutable_since_time()->set_seconds(1000);
  const EventFilter filter = Make();
  EXPECT_FALSE(filter.Passes(StepEvent(999)));
  EXPECT_TRUE(filter.Passes(StepEvent(1000)));
  EXPECT_TRUE(filter.Passes(StateEvent(v1::RUN_STATE_SUCCEEDED)));
}

TEST_F(EventFilterTest, ATimeThatIsNoneIsRefused) {
  request_.mutable_since_time()->set_nanos(-1);
  EXPECT_THAT(Refusal(), StatusIs(absl::StatusCode::kInvalidArgument, "since_time.nanos"));
}

TEST_F(EventFilterTest, PointsAreNoneOrFromTenToTheLimit) {
  for (const int good : {0, 10, 500, 10'000}) {
    request_.set_max_points(good);
    EXPECT_OK(Refusal()) << good;
  }
  for (const int bad : {-1, 1, 9, 10'001}) {
    request_.set_max_points(bad);
    EXPECT_THAT(Refusal(), StatusIs(absl::StatusCode::kInvalidArgument,
                                    "max_points: expected 0 for all events, or 10 to 10000"))
        << bad;
  }
}

TEST_F(EventFilterTest, AKindThatDoesNotExistIsRefused) {
  for (const int bad : {0, 8, -1}) {
    request_.clear_kinds();
    request_.add_kinds(static_cast<v1::EventKind>(bad));
    EXPECT_THAT(Refusal(), StatusIs(absl::StatusCode::kInvalidArgument, "kinds: expected"));
  }
}

TEST(EventKindTest, EveryPayloadHasItsKind) {
  // By the rule of the protos: a kind's name is that of the payload's field.
  const auto& type = *v1::Event::descriptor()->FindOneofByName("payload");
  ASSERT_EQ(type.field_count(), v1::EventKind_descriptor()->value_count() - 1);
  for (int i = 0; i < type.field_count(); ++i) {
    v1::Event event;
    event.GetReflection()->MutableMessage(&event, type.field(i));
    std::string name = "EVENT_KIND_" + type.field(i)->name();
    for (char& letter : name) letter = static_cast<char>(toupper(letter));
    EXPECT_EQ(v1::EventKind_Name(KindOf(event)), name);
  }
  EXPECT_EQ(KindOf(v1::Event()), v1::EVENT_KIND_UNSPECIFIED);
}

}  // namespace
}  // namespace traind
