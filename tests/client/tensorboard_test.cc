#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/tensorboard/crc32c.h"
#include "client/tensorboard/growing_file.h"
#include "client/tensorboard/record.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

// RFC 3720, appendix B.4.
TEST(Crc32c, IsThatOfTheStandard) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  std::string counting;
  for (char byte = 0; byte < 32; ++byte) counting += byte;
  EXPECT_EQ(Crc32c(counting), 0x46DD794Eu);
  EXPECT_EQ(Crc32c(std::string(counting.rbegin(), counting.rend())), 0x113FDB5Cu);
}

// The first record of an event file that TensorBoard's own EventFileWriter has written.
TEST(TfRecord, IsWhatTensorboardWrites) {
  const std::string data(
      "\x09\x00\x00\x00\x00\x00\x00\xF0\x3F\x1A\x0D"
      "brain.Event:2",
      24);
  std::string hexadecimal;
  for (const unsigned char byte : TfRecord(data)) {
    constexpr char kDigits[] = "0123456789abcdef";
    hexadecimal += kDigits[byte >> 4];
    hexadecimal += kDigits[byte & 15];
  }
  EXPECT_EQ(hexadecimal,
            "1800000000000000a37f4b2209000000000000f03f1a0d627261696e2e4576656e743a3286bf577a");
}

class GrowingFileTest : public testing::Test {
 protected:
  std::string Content() const {
    std::ostringstream content;
    content << std::ifstream(path_, std::ios::binary).rdbuf();
    return content.str();
  }

  // Tells the content in parts.
  void Tell(const std::vector<std::string>& parts) {
    const absl::StatusOr<std::unique_ptr<GrowingFile>> file = GrowingFile::Open(path_);
    ASSERT_OK(file);
    for (const std::string& part : parts) ASSERT_OK((*file)->Append(part));
    ASSERT_OK((*file)->Finish());
  }

  int64_t Inode() const {
    struct stat status {};
    EXPECT_EQ(stat(path_.c_str(), &status), 0);
    return static_cast<int64_t>(status.st_ino);
  }

  const TempDirectory directory_;
  const std::string path_ = directory_.path() + "/folder/run/file";
};

TEST_F(GrowingFileTest, FoldersAboveAreMade) {
  Tell({"one ", "two"});
  EXPECT_EQ(Content(), "one two");
}

TEST_F(GrowingFileTest, WhatIsNewIsAppendedToTheSameFile) {
  Tell({"one "});
  const int64_t inode = Inode();
  Tell({"one ", "two"});
  EXPECT_EQ(Content(), "one two");
  EXPECT_EQ(Inode(), inode);
}

TEST_F(GrowingFileTest, HalfARecordIsCompleted) {
  Tell({"one tw"});
  Tell({"one ", "two ", "three"});
  EXPECT_EQ(Content(), "one two three");
}

TEST_F(GrowingFileTest, WhatDiffersIsReplacedFromThereOn) {
  Tell({"one ", "two ", "and much more"});
  Tell({"one ", "ten"});
  EXPECT_EQ(Content(), "one ten");
}

TEST_F(GrowingFileTest, WhatLiesBehindTheContentGoes) {
  Tell({"one ", "two"});
  Tell({"one "});
  EXPECT_EQ(Content(), "one ");
}

TEST_F(GrowingFileTest, ReadersSeeEachPartAtOnce) {
  const absl::StatusOr<std::unique_ptr<GrowingFile>> file = GrowingFile::Open(path_);
  ASSERT_OK(file);
  ASSERT_OK((*file)->Append("one"));
  EXPECT_EQ(Content(), "one");
}

TEST_F(GrowingFileTest, SecondWriterIsRefused) {
  const absl::StatusOr<std::unique_ptr<GrowingFile>> file = GrowingFile::Open(path_);
  ASSERT_OK(file);
  EXPECT_THAT(GrowingFile::Open(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "another process does"));
}

TEST_F(GrowingFileTest, FolderInItsPlaceIsAnError) {
  std::filesystem::create_directories(path_);
  EXPECT_THAT(GrowingFile::Open(path_).status(), testing::Not(IsOk()));
}

}  // namespace
}  // namespace traind
