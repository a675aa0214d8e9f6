#include "server/runs/logged_event.h"

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "traind/v1/training_service.pb.h"

namespace traind {
namespace {

v1::Event StepEvent(int64_t sequence) {
  v1::Event event;
  event.set_run_id("s4-1");
  event.set_sequence(sequence);
  event.mutable_train_step()->set_loss(0.5);
  return event;
}

TEST(LoggedEventTest, BytesOfEventsInARowAreOneResponse) {
  const LoggedEvent first(StepEvent(1));
  const LoggedEvent second(StepEvent(2));
  v1::StreamMetricsResponse rest;
  rest.set_last_sequence(2);
  v1::StreamMetricsResponse response;
  ASSERT_TRUE(response.ParseFromString(first.response_bytes() + second.response_bytes() +
                                       rest.SerializeAsString()));
  ASSERT_EQ(response.events_size(), 2);
  EXPECT_EQ(response.events(0).SerializeAsString(), StepEvent(1).SerializeAsString());
  EXPECT_EQ(response.events(1).SerializeAsString(), StepEvent(2).SerializeAsString());
  EXPECT_EQ(response.last_sequence(), 2);
}

TEST(LoggedEventTest, AllThreadsGetTheSameBytes) {
  const LoggedEvent event(StepEvent(1));
  std::vector<const std::string*> bytes(8);
  std::vector<std::thread> threads;
  for (const std::string*& mine : bytes) {
    threads.emplace_back([&] { mine = &event.response_bytes(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(bytes, ::testing::Each(bytes[0]));
}

}  // namespace
}  // namespace traind
