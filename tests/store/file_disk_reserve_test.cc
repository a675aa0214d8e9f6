#include "server/store/file_disk_reserve.h"

#include <sys/stat.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

constexpr int64_t kSize = 1 << 20;

class FileDiskReserveTest : public testing::Test {
 protected:
  TempDirectory directory_;
  const std::string path_ = directory_.Path("reserve");
};

TEST_F(FileDiskReserveTest, HoldsBlocksAndNotAHole) {
  const FileDiskReserve reserve(path_, kSize);
  EXPECT_TRUE(reserve.held());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_GE(int64_t{info.st_blocks} * 512, kSize);
}

TEST_F(FileDiskReserveTest, GivesTheRoomAndTakesItAgain) {
  FileDiskReserve reserve(path_, kSize);
  reserve.Release();
  EXPECT_FALSE(reserve.held());
  EXPECT_FALSE(std::filesystem::exists(path_));
  reserve.Restore();
  EXPECT_TRUE(reserve.held());
  EXPECT_EQ(std::filesystem::file_size(path_), static_cast<std::uintmax_t>(kSize));
}

TEST_F(FileDiskReserveTest, IsTakenOverFromAnEarlierServer) {
  FileDiskReserve(path_, kSize);
  const FileDiskReserve reserve(path_, kSize);
  EXPECT_TRUE(reserve.held());
}

TEST_F(FileDiskReserveTest, ADiskWithoutPlentyOfRoomIsLeftAlone) {
  // More than any disk has.
  FileDiskReserve reserve(path_, int64_t{1} << 58);
  EXPECT_FALSE(reserve.held());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FileDiskReserveTest, AFolderThatIsNotThereHoldsNothing) {
  FileDiskReserve reserve(directory_.Path("absent/reserve"), kSize);
  EXPECT_FALSE(reserve.held());
}

}  // namespace
}  // namespace traind
