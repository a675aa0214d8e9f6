#include "server/base/process_stat.h"

#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace traind {
namespace {

// Fields 3 to 24 and one more; numbered so that a wrong field shows.
const std::string kFields =
    " S 4 5 6 7 8 9 10 11 12 13 1400 1500 16 17 18 19 20 21 220000 23000000 24 25\n";

TEST(ProcessStatTest, EachFieldIsTheOneOfTheManual) {
  const absl::StatusOr<ProcessStat> stat = ParseProcessStat("77 (traind)" + kFields);
  ASSERT_OK(stat);
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  EXPECT_DOUBLE_EQ(absl::ToDoubleSeconds(stat->cpu_time), 2900 / ticks);
  EXPECT_EQ(stat->thread_count, 20);
  EXPECT_DOUBLE_EQ(absl::ToDoubleSeconds(stat->start_since_boot), 220000 / ticks);
  EXPECT_EQ(stat->virtual_bytes, 23'000'000);
  EXPECT_EQ(stat->resident_bytes, 24 * sysconf(_SC_PAGESIZE));
}

TEST(ProcessStatTest, ANameMayHoldSpacesAndParentheses) {
  const absl::StatusOr<ProcessStat> stat = ParseProcessStat("77 (a) S (1 2 3)" + kFields);
  ASSERT_OK(stat);
  EXPECT_EQ(stat->thread_count, 20);
}

TEST(ProcessStatTest, OtherTextIsAnErrorThatSaysWhatIsMissing) {
  for (const char* text : {"", "77", "77 (traind) S 1 2 3"}) {
    EXPECT_THAT(ParseProcessStat(text), StatusIs(absl::StatusCode::kInternal, "expected a name"))
        << text;
  }
}

TEST(ProcessStatTest, ThisProcessHasThreadsAndMemory) {
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(getpid());
  ASSERT_OK(stat);
  EXPECT_GE(stat->thread_count, 1);
  EXPECT_GT(stat->resident_bytes, 0);
  EXPECT_GE(stat->virtual_bytes, stat->resident_bytes);
}

TEST(ProcessStatTest, AProcessThatIsGoneIsNotFound) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(ReadProcessStat(child), StatusIs(absl::StatusCode::kNotFound, "no process"));
}

}  // namespace
}  // namespace traind
