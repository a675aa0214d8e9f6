#include "server/runs/run_retention.h"

#include "gmock/gmock.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RunsToDeleteTest, FollowsTheTable) {
  const std::vector<std::string> three = {"a", "b", "c"};
  const struct {
    const char* what;
    RetentionSnapshot snapshot;
    RetentionLimits limits;
    std::vector<std::string> expected;
  } cases[] = {
      {"as many as may stay", {three, 0}, {3, 0}, {}},
      {"one too many", {three, 0}, {2, 0}, {"a"}},
      {"all too many but one", {three, 0}, {1, 0}, {"a", "b"}},
      {"no limit of the count", {three, 0}, {0, 0}, {}},
      {"as large as may be", {three, 500}, {3, 500}, {}},
      {"too large", {three, 501}, {3, 500}, {"a"}},
      {"too large and too many", {three, 501}, {1, 500}, {"a", "b"}},
      {"no limit of the size", {three, 501}, {3, 0}, {}},
      {"too large for runs that go on", {{}, 501}, {3, 500}, {}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(RunsToDelete(c.snapshot, c.limits), c.expected) << c.what;
  }
}

class RunRetentionTest : public RunServiceFixture {
 protected:
  // Cancelled before it began.
  void AddEndedRun() {
    v1::CancelRunRequest request;
    request.set_run_id(Start().id());
    request.set_force(true);
    ASSERT_OK(service_->Cancel(request));
    service_->OnWorkerExited({request.run_id(), 1}, "killed");
  }
  std::vector<std::string> Ids() {
    const std::vector<v1::Run> runs = store_.List(100, "", {}).value();
    std::vector<std::string> ids;
    for (const v1::Run& run : runs) ids.push_back(run.id());
    return ids;
  }
  void TickFor(RunRetention& retention, absl::Duration duration) {
    for (absl::Duration passed; passed < duration; passed += absl::Seconds(1)) {
      retention.Tick();
      clock_.Advance(absl::Seconds(1));
    }
  }
};

TEST_F(RunRetentionTest, OldRunsPastTheCountAreDeletedWithTheirFiles) {
  for (int i = 0; i < 3; ++i) AddEndedRun();
  files_.sizes = {{"tiny-1", 5}, {"tiny-2", 5}, {"tiny-3", 5}};
  RunRetention retention({.ended_runs_max = 2}, *service_, store_, files_, clock_);
  retention.Tick();
  EXPECT_THAT(Ids(), ElementsAre("tiny-3", "tiny-2"));
  EXPECT_EQ(files_.sizes.size(), 2u);
}

TEST_F(RunRetentionTest, OldRunsGoUntilTheDataFits) {
  for (int i = 0; i < 4; ++i) AddEndedRun();
  files_.sizes = {{"tiny-1", 1 << 20}, {"tiny-2", 1 << 20}, {"tiny-3", 1 << 20}, {"tiny-4", 1}};
  RunRetention retention({.data_bytes_max = 3 << 19}, *service_, store_, files_, clock_);
  TickFor(retention, absl::Seconds(60));
  EXPECT_THAT(Ids(), ElementsAre("tiny-4", "tiny-3"));
}

TEST_F(RunRetentionTest, RunsThatAreNotOverStay) {
  for (int i = 0; i < 3; ++i) Start();
  RunRetention retention({.ended_runs_max = 1}, *service_, store_, files_, clock_);
  TickFor(retention, absl::Seconds(60));
  EXPECT_EQ(Ids().size(), 3u);
}

TEST_F(RunRetentionTest, WhenNothingCanBeDeletedNewRunsAreRefusedUntilThereIsRoom) {
  const v1::Run run = Start();
  files_.sizes = {{run.id(), 1 << 20}};
  RunRetention retention({.data_bytes_max = 1 << 19}, *service_, store_, files_, clock_);
  retention.Tick();
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kResourceExhausted, "--data-limit"));
  files_.sizes.clear();
  TickFor(retention, absl::Seconds(60));
  EXPECT_OK(service_->Start(Request()));
}

TEST_F(RunRetentionTest, TellsTheSizeOfTheFiles) {
  files_.sizes = {{Start().id(), 12345}};
  RunRetention retention({}, *service_, store_, files_, clock_);
  retention.Tick();
  EXPECT_EQ(retention.files_bytes(), 12345);
}

}  // namespace
}  // namespace traind
