#include "client/trainctl/whole_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace traind {
namespace {

using ::testing::HasSubstr;

class WholeFileTest : public testing::Test {
 protected:
  WholeFileTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        std::filesystem::path(testing::TempDir()) / (std::to_string(getpid()) + "-" + test->name());
    std::filesystem::create_directories(folder_);
  }
  ~WholeFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  static std::string Content(const std::string& path) {
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
  }

  size_t FileCount() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }

  std::filesystem::path folder_;
};

TEST_F(WholeFileTest, FileIsThereOnlyAfterCommit) {
  const std::unique_ptr<WholeFile> file = *WholeFile::Create(Path("out.csv"));
  file->stream() << "rows\n" << std::flush;
  EXPECT_FALSE(std::filesystem::exists(Path("out.csv")));
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(Content(Path("out.csv")), "rows\n");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(WholeFileTest, WithoutCommitTheFormerFileStays) {
  std::ofstream(Path("out.csv")) << "former";
  (*WholeFile::Create(Path("out.csv")))->stream() << "half";
  EXPECT_EQ(Content(Path("out.csv")), "former");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(WholeFileTest, FormerFileIsReplaced) {
  std::ofstream(Path("out.csv")) << "former";
  const std::unique_ptr<WholeFile> file = *WholeFile::Create(Path("out.csv"));
  file->stream() << "new";
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(Content(Path("out.csv")), "new");
}

TEST_F(WholeFileTest, LinkStaysALink) {
  std::ofstream(Path("target.csv")) << "former";
  std::filesystem::create_symlink(Path("target.csv"), Path("link.csv"));
  const std::unique_ptr<WholeFile> file = *WholeFile::Create(Path("link.csv"));
  file->stream() << "new";
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link.csv")));
  EXPECT_EQ(Content(Path("target.csv")), "new");
}

TEST_F(WholeFileTest, FolderOrDeviceIsNeverReplaced) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  for (const std::string& path : {folder_.string(), Path("pipe")}) {
    const absl::Status status = WholeFile::Create(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("plain file"));
  }
}

TEST_F(WholeFileTest, AbsentFolderIsNotFound) {
  EXPECT_EQ(WholeFile::Create(Path("absent/out.csv")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(WholeFileTest, FailedWriteIsDataLossAndLeavesNothing) {
  {
    const std::unique_ptr<WholeFile> file = *WholeFile::Create(Path("out.csv"));
    file->stream().setstate(std::ios::badbit);  // what a full disk does
    EXPECT_EQ(file->Commit().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(FileCount(), 0u);
}

}  // namespace
}  // namespace traind
