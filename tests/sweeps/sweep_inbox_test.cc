#include "server/sweeps/sweep_inbox.h"

#include <string>
#include <thread>

#include "gmock/gmock.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

v1::Run RunOf(const std::string& sweep_id, const std::string& run_id) {
  v1::Run run;
  run.set_id(run_id);
  run.set_sweep_id(sweep_id);
  return run;
}

v1::Event StateChange() {
  v1::Event event;
  event.mutable_state_changed()->set_to(v1::RUN_STATE_RUNNING);
  return event;
}

TEST(SweepInboxTest, RunsThatHaveChangedLieUnderTheirSweepUntilTheyAreTaken) {
  SweepInbox inbox;
  inbox.OnEvent(RunOf("s4-sweep-1", "s4-1"), StateChange());
  inbox.OnEvent(RunOf("s4-sweep-1", "s4-2"), StateChange());
  inbox.OnEvent(RunOf("s4-sweep-2", "s4-3"), StateChange());
  EXPECT_THAT(inbox.Take(), ElementsAre(Pair("s4-sweep-1", ElementsAre("s4-1", "s4-2")),
                                        Pair("s4-sweep-2", ElementsAre("s4-3"))));
  EXPECT_THAT(inbox.Take(), IsEmpty());
}

TEST(SweepInboxTest, ARunLiesInItOnceHoweverOftenItChanges) {
  SweepInbox inbox;
  for (int i = 0; i < 1000; ++i) inbox.OnEvent(RunOf("s4-sweep-1", "s4-1"), StateChange());
  EXPECT_THAT(inbox.Take(), ElementsAre(Pair("s4-sweep-1", ElementsAre("s4-1"))));
}

TEST(SweepInboxTest, RunsOfNoSweepAndEventsWithoutAChangeAreNoNews) {
  SweepInbox inbox;
  inbox.OnEvent(RunOf("", "s4-1"), StateChange());
  v1::Event epoch;
  epoch.mutable_epoch_finished()->set_epoch(1);
  inbox.OnEvent(RunOf("s4-sweep-1", "s4-2"), epoch);
  EXPECT_THAT(inbox.Take(), IsEmpty());
}

TEST(SweepInboxTest, AWaitEndsWithNewsAndWithAWakeUp) {
  SweepInbox inbox;
  // Neither comes back by its time.
  inbox.OnEvent(RunOf("s4-sweep-1", "s4-1"), StateChange());
  inbox.Wait(absl::Hours(1));
  inbox.Take();
  inbox.Wake();
  inbox.Wait(absl::Hours(1));
}

TEST(SweepInboxTest, AWakeUpIsOverOnceItIsTaken) {
  SweepInbox inbox;
  inbox.Wake();
  inbox.Take();
  inbox.Wait(absl::Milliseconds(1));
  EXPECT_THAT(inbox.Take(), IsEmpty());
}

TEST(SweepInboxTest, WhoeverWaitsIsWokenByAnotherThread) {
  SweepInbox inbox;
  std::thread waiter([&inbox] { inbox.Wait(absl::Hours(1)); });
  inbox.OnEvent(RunOf("s4-sweep-1", "s4-1"), StateChange());
  waiter.join();
  EXPECT_THAT(inbox.Take(), ElementsAre(Pair("s4-sweep-1", ElementsAre("s4-1"))));
}

}  // namespace
}  // namespace traind
