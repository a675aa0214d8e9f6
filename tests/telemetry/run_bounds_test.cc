// Which runs have series, and for how long.

#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RunBoundsTest : public MetricsFixture {
 protected:
  v1::Run Queued(const std::string& id) {
    v1::Run run = ObservedRun(id);
    ChangeState(run, v1::RUN_STATE_QUEUED, *metrics_);
    return run;
  }
  v1::Run Working(const std::string& id) {
    v1::Run run = ObservedRun(id);
    WorkThrough(run, *metrics_);
    return run;
  }
  void End(v1::Run& run) { ChangeState(run, v1::RUN_STATE_SUCCEEDED, *metrics_); }
  bool IsShown(const std::string& id) { return !Lines(absl::StrCat("run=\"", id, "\"")).empty(); }
};

TEST_F(RunBoundsTest, TheSeriesOfARunGoSomeTimeAfterItsEnd) {
  v1::Run run = Working("s4-1");
  End(run);
  clock_.Advance(absl::Minutes(4));
  metrics_->Expire();
  EXPECT_THAT(Lines("traind_run_state"), ElementsAre(HasSubstr("state=\"succeeded\"")));
  clock_.Advance(absl::Minutes(1));
  metrics_->Expire();
  EXPECT_THAT(Lines("run=\"s4-1\""), IsEmpty());
  EXPECT_THAT(Lines(), Contains("traind_runs{model=\"s4\",state=\"succeeded\"} 1"));
}

TEST_F(RunBoundsTest, ARunThatNeverStartedGoesTheSameWay) {
  v1::Run run = Queued("s4-1");
  ChangeState(run, v1::RUN_STATE_CANCELLED, *metrics_);
  EXPECT_TRUE(IsShown("s4-1"));
  clock_.Advance(absl::Minutes(5));
  metrics_->Expire();
  EXPECT_THAT(Lines("run=\"s4-1\""), IsEmpty());
}

TEST_F(RunBoundsTest, ARunAtWorkStaysHoweverLongItTakes) {
  Working("s4-1");
  clock_.Advance(absl::Hours(100));
  metrics_->Expire();
  EXPECT_TRUE(IsShown("s4-1"));
}

TEST_F(RunBoundsTest, LateProgressDoesNotBringAnEndedRunBack) {
  v1::Run run = Working("s4-1");
  End(run);
  clock_.Advance(absl::Minutes(5));
  metrics_->Expire();
  metrics_->OnProgress(run, ProgressAt(20, 938));
  EXPECT_THAT(Lines("run=\"s4-1\""), IsEmpty());
}

TEST_F(RunBoundsTest, TheRunThatEndedFirstMakesRoomForOneAtWork) {
  options_.runs_max = 3;
  Restart();
  Working("s4-1");
  v1::Run second = Working("s4-2");
  v1::Run third = Working("s4-3");
  End(third);
  End(second);
  Working("s4-4");
  EXPECT_TRUE(IsShown("s4-1"));
  EXPECT_TRUE(IsShown("s4-2"));
  EXPECT_FALSE(IsShown("s4-3"));
  EXPECT_TRUE(IsShown("s4-4"));
}

TEST_F(RunBoundsTest, ARunThatWaitsMakesRoomBeforeOneThatHasEnded) {
  options_.runs_max = 3;
  Restart();
  v1::Run first = Working("s4-1");
  End(first);
  Queued("s4-2");
  Queued("s4-3");
  Working("s4-4");
  EXPECT_TRUE(IsShown("s4-1"));
  EXPECT_TRUE(IsShown("s4-2"));
  EXPECT_FALSE(IsShown("s4-3"));
}

TEST_F(RunBoundsTest, ARunThatWaitsTakesNobodysRoomUntilItStarts) {
  options_.runs_max = 1;
  Restart();
  v1::Run first = Working("s4-1");
  v1::Run second = Queued("s4-2");
  End(first);
  EXPECT_FALSE(IsShown("s4-2"));
  ChangeState(second, v1::RUN_STATE_STARTING, *metrics_);
  EXPECT_FALSE(IsShown("s4-1"));
  EXPECT_TRUE(IsShown("s4-2"));
}

TEST_F(RunBoundsTest, RunsAtWorkDoNotTakeEachOthersRoom) {
  options_.runs_max = 1;
  Restart();
  Working("s4-1");
  Working("s4-2");
  EXPECT_TRUE(IsShown("s4-1"));
  EXPECT_FALSE(IsShown("s4-2"));
}

TEST_F(RunBoundsTest, FiveHundredRunsInARowLeaveABoundedPageAndThenNothing) {
  v1::Run first = Working("s4-1");
  End(first);
  const size_t lines_of_a_run = Lines("run=\"s4-1\"").size();
  for (int i = 2; i <= 500; ++i) {
    v1::Run run = Working(absl::StrCat("s4-", i));
    End(run);
    clock_.Advance(absl::Seconds(1));
    metrics_->Expire();
    ASSERT_LE(Lines("run=\"").size(), 100 * lines_of_a_run) << i;
  }
  EXPECT_FALSE(IsShown("s4-400"));
  EXPECT_TRUE(IsShown("s4-401"));
  EXPECT_TRUE(IsShown("s4-500"));
  clock_.Advance(absl::Minutes(5));
  metrics_->Expire();
  EXPECT_THAT(Lines("run=\""), IsEmpty());
  EXPECT_THAT(Lines(), Contains("traind_runs{model=\"s4\",state=\"succeeded\"} 500"));
}

TEST_F(RunBoundsTest, SlowRunsInARowGoEachAfterItsOwnLinger) {
  for (int i = 1; i <= 20; ++i) {
    v1::Run run = Working(absl::StrCat("s4-", i));
    End(run);
    clock_.Advance(absl::Minutes(1));
    metrics_->Expire();
    // It ended a minute ago; those that ended five minutes ago or before are gone.
    for (int j = 1; j <= i; ++j) {
      EXPECT_EQ(IsShown(absl::StrCat("s4-", j)), i - j + 1 < 5) << i << " " << j;
    }
  }
}

TEST_F(RunBoundsTest, WithoutALingerSeriesGoAtTheNextTick) {
  options_.run_linger = absl::ZeroDuration();
  Restart();
  v1::Run run = Working("s4-1");
  End(run);
  EXPECT_TRUE(IsShown("s4-1"));
  metrics_->Expire();
  EXPECT_THAT(Lines(), Not(Contains(HasSubstr("run=\"s4-1\""))));
}

}  // namespace
}  // namespace traind
