// A page as large as it gets.

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/telemetry/full_page.h"
#include "tests/telemetry/observed.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

TEST(ScrapeTest, APageOfAHundredRunsAndVersionsIsQuickAndBounded) {
  const FakeClock clock;
  const std::unique_ptr<Metrics> metrics = FullPage(100, 100, "/no/such/library.so", clock);
  // The best of some: the machine may have other work. bench/ has the figure.
  absl::Duration best = absl::InfiniteDuration();
  std::string page;
  for (int i = 0; i < 5; ++i) {
    const absl::Time start = absl::Now();
    page = PageText(*metrics);
    best = std::min(best, absl::Now() - start);
  }
  EXPECT_LT(best, absl::Milliseconds(100));
  const std::vector<std::string> lines = absl::StrSplit(page, '\n');
  // 13 series of each run and 98 of each version, and what is there once.
  EXPECT_GT(lines.size(), 100u * (13 + 98));
  EXPECT_LT(lines.size(), 100u * (13 + 98) + 500);
}

TEST(ScrapeTest, ScrapesAndObserversMayMeet) {
  const FakeClock clock;
  const std::unique_ptr<Metrics> metrics = FullPage(1, 1, "/no/such/library.so", clock);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 50; ++i) {
        v1::Run run = ObservedRun(absl::StrCat("m", thread, "-", i), absl::StrCat("m", thread));
        WorkThrough(run, *metrics);
        ChangeState(run, v1::RUN_STATE_SUCCEEDED, *metrics);
        metrics->OnAttemptEnded(run, AttemptEnd::kFinished);
        metrics->OnPredict(ObservedPredict(absl::StrCat("m", thread), i));
        metrics->Expire();
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(PageText(*metrics).empty());
  for (std::thread& thread : threads) thread.join();
  // Nothing was lost: each run has trained 60000 rows and 469 batches of 64.
  const std::string page = PageText(*metrics);
  for (int thread = 0; thread < 3; ++thread) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("traind_run_attempts_total{model=\"m", thread,
                                             "\",reason=\"finished\"} 50\n")));
    EXPECT_THAT(page, HasSubstr(absl::StrCat("traind_train_samples_total{model=\"m", thread, "\"} ",
                                             50 * (60'000 + 469 * 64), "\n")));
  }
}

}  // namespace
}  // namespace traind
