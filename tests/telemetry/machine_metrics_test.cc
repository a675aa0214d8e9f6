// This process and its disk, as the kernel tells.

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <ctime>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/support/temp_directory.h"
#include "tests/telemetry/metrics_fixture.h"

namespace traind {
namespace {

using ::testing::IsEmpty;

class MachineMetricsTest : public MetricsFixture {
 protected:
  // The value of a series without labels; -1 when it is absent.
  double Value(const std::string& name) {
    double value = -1;
    for (const std::string& line : Lines(name + " ")) {
      EXPECT_TRUE(absl::SimpleAtod(line.substr(name.size() + 1), &value)) << line;
    }
    return value;
  }
};

TEST_F(MachineMetricsTest, AnOpenFileIsCounted) {
  const double before = Value("process_open_fds");
  const int fd = open("/dev/null", O_RDONLY);
  EXPECT_EQ(Value("process_open_fds"), before + 1);
  close(fd);
  EXPECT_EQ(Value("process_open_fds"), before);
  EXPECT_EQ(Value("process_max_fds"), static_cast<double>(sysconf(_SC_OPEN_MAX)));
}

TEST_F(MachineMetricsTest, ThreadsAreCounted) {
  constexpr int kThreads = 20;
  absl::Notification release;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] { release.WaitForNotification(); });
  }
  // These and the test's own; a sanitizer may have one more, and those that the
  // kernel has not buried yet count too.
  EXPECT_GE(Value("process_threads"), kThreads + 1);
  EXPECT_LT(Value("process_threads"), 2 * kThreads);
  release.Notify();
  for (std::thread& thread : threads) thread.join();
}

TEST_F(MachineMetricsTest, CpuTimeIsTheProcessOwn) {
  // Some work, so that there is something to see.
  volatile double sum = 0;
  const std::clock_t start = std::clock();
  while (std::clock() - start < CLOCKS_PER_SEC / 20) sum = sum + 1;
  // The kernel counts it in ticks of 10 ms.
  const double used = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  EXPECT_NEAR(Value("process_cpu_seconds_total"), used, 0.03);
}

TEST_F(MachineMetricsTest, ItStartedNotLongAgo) {
  const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  EXPECT_LE(Value("process_start_time_seconds"), now + 1);
  EXPECT_GT(Value("process_start_time_seconds"), now - 600);
}

TEST_F(MachineMetricsTest, MemoryInRamIsPartOfTheAddressSpace) {
  EXPECT_GT(Value("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(Value("process_virtual_memory_bytes"), Value("process_resident_memory_bytes"));
}

TEST_F(MachineMetricsTest, TheDataDirectorysDiskIsMeasured) {
  const TempDirectory directory;
  options_.data_directory = directory.path();
  Restart();
  struct statvfs disk = {};
  ASSERT_EQ(statvfs(directory.path().c_str(), &disk), 0);
  const double size = static_cast<double>(disk.f_blocks) * static_cast<double>(disk.f_frsize);
  EXPECT_EQ(Value("traind_data_directory_size_bytes"), size);
  EXPECT_GE(Value("traind_data_directory_free_bytes"), 0);
  EXPECT_LE(Value("traind_data_directory_free_bytes"), size);
}

TEST_F(MachineMetricsTest, WhatRunsOccupyIsAskedAtEachScrape) {
  RunDataSizes sizes{.store_bytes = 4096, .files_bytes = 20'000'000, .reserve_held = true};
  options_.run_data_sizes = [&sizes] { return sizes; };
  Restart();
  EXPECT_EQ(Value("traind_store_bytes"), 4096);
  EXPECT_EQ(Value("traind_run_files_bytes"), 20'000'000);
  EXPECT_EQ(Value("traind_disk_reserve_held"), 1);
  sizes.reserve_held = false;
  EXPECT_EQ(Value("traind_disk_reserve_held"), 0);
}

TEST_F(MachineMetricsTest, ADirectoryThatIsGoneHasNoSeries) {
  options_.data_directory = "/no/such/folder";
  Restart();
  EXPECT_THAT(Lines("traind_data_directory"), IsEmpty());
}

}  // namespace
}  // namespace traind
