#include "server/store/durable_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "server/store/file_error.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

TEST(FileErrorTest, AFullDiskIsResourceExhausted) {
  EXPECT_THAT(FileError(ENOSPC, "cannot write 7 bytes to", "/data/x"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "cannot write 7 bytes to /data/x: No space left on device; free some"));
}

TEST(FileErrorTest, ARefusedFileIsPermissionDenied) {
  EXPECT_THAT(FileError(EACCES, "cannot write", "/data/x"),
              StatusIs(absl::StatusCode::kPermissionDenied, "/data/x: Permission denied"));
}

class DurableFilesTest : public testing::Test {
 protected:
  TempDirectory directory_;
};

TEST_F(DurableFilesTest, WritesTheWholeContent) {
  const std::string content(3 << 20, 'a');
  ASSERT_OK(WriteFileDurably(directory_.Path("file"), content));
  EXPECT_EQ(ReadFile(directory_.Path("file")), content);
}

TEST_F(DurableFilesTest, AFullDeviceIsResourceExhaustedWithPathAndBytes) {
  // Linux's /dev/full refuses every write with ENOSPC.
  EXPECT_THAT(WriteFileDurably("/dev/full", "12345"),
              StatusIs(absl::StatusCode::kResourceExhausted, "cannot write 5 bytes to /dev/full"));
}

TEST_F(DurableFilesTest, AnAbsentDirectoryIsNotFound) {
  EXPECT_THAT(WriteFileDurably(directory_.Path("absent/file"), "x"),
              StatusIs(absl::StatusCode::kNotFound, "absent/file"));
}

TEST_F(DurableFilesTest, ReplacesAFileAndLeavesNothingBeside) {
  WriteFile(directory_.Path("file"), "old");
  ASSERT_OK(ReplaceFileDurably(directory_.Path("file"), "new"));
  EXPECT_EQ(ReadFile(directory_.Path("file")), "new");
  EXPECT_FALSE(fs::exists(directory_.Path("file.new")));
}

TEST_F(DurableFilesTest, CreatesTheDirectoriesAbove) {
  ASSERT_OK(CreateDirectories(directory_.Path("a/b/c")));
  EXPECT_TRUE(fs::is_directory(directory_.Path("a/b/c")));
  EXPECT_OK(CreateDirectories(directory_.Path("a/b/c")));
}

TEST_F(DurableFilesTest, AFileInTheWayOfADirectoryIsAnError) {
  WriteFile(directory_.Path("a"), "x");
  EXPECT_FALSE(CreateDirectories(directory_.Path("a")).ok());
  EXPECT_FALSE(CreateDirectories(directory_.Path("a/b")).ok());
}

TEST_F(DurableFilesTest, PublishedDirectoryMovesToItsName) {
  WriteFile(directory_.Path("tmp/file"), "x");
  ASSERT_OK(PublishDirectory(directory_.Path("tmp"), directory_.Path("final")));
  EXPECT_EQ(ReadFile(directory_.Path("final/file")), "x");
  EXPECT_FALSE(fs::exists(directory_.Path("tmp")));
}

TEST_F(DurableFilesTest, PublishedDirectoryReplacesAnEarlierOne) {
  WriteFile(directory_.Path("final/old"), "old");
  WriteFile(directory_.Path("tmp/new"), "new");
  ASSERT_OK(PublishDirectory(directory_.Path("tmp"), directory_.Path("final")));
  EXPECT_EQ(ReadFile(directory_.Path("final/new")), "new");
  EXPECT_FALSE(fs::exists(directory_.Path("final/old")));
  EXPECT_FALSE(fs::exists(directory_.Path("tmp")));
}

TEST_F(DurableFilesTest, CopiesATree) {
  WriteFile(directory_.Path("from/a"), "1");
  WriteFile(directory_.Path("from/sub/b"), std::string(2'500'000, 'b'));
  ASSERT_OK(CopyTreeDurably(directory_.Path("from"), directory_.Path("to")));
  EXPECT_EQ(ReadFile(directory_.Path("to/a")), "1");
  EXPECT_EQ(ReadFile(directory_.Path("to/sub/b")), std::string(2'500'000, 'b'));
}

TEST_F(DurableFilesTest, LeavesOutFilesByThePrefixOfTheirName) {
  WriteFile(directory_.Path("from/model"), "1");
  WriteFile(directory_.Path("from/training.json"), "2");
  ASSERT_OK(CopyTreeDurably(directory_.Path("from"), directory_.Path("to"), "training."));
  EXPECT_TRUE(fs::exists(directory_.Path("to/model")));
  EXPECT_FALSE(fs::exists(directory_.Path("to/training.json")));
}

TEST_F(DurableFilesTest, RefusesToCopyALink) {
  fs::create_directory(directory_.Path("from"));
  fs::create_symlink("/etc/hostname", directory_.Path("from/link"));
  EXPECT_THAT(CopyTreeDurably(directory_.Path("from"), directory_.Path("to")),
              StatusIs(absl::StatusCode::kInvalidArgument, "from/link"));
}

TEST_F(DurableFilesTest, CopyOfAnAbsentTreeIsNotFound) {
  EXPECT_THAT(CopyTreeDurably(directory_.Path("absent"), directory_.Path("to")),
              StatusIs(absl::StatusCode::kNotFound, "absent"));
}

}  // namespace
}  // namespace traind
