#include "client/file_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

TEST(FileTextTest, WholeContentIsReadWithItsZeroBytes) {
  const std::string content = std::string("a\0b", 3) + std::string(100'000, 'x');
  EXPECT_EQ(*ReadFileText(WriteTestFile("content", content), "recipe", 200'000), content);
}

TEST(FileTextTest, EmptyFileIsEmptyText) {
  EXPECT_EQ(*ReadFileText(WriteTestFile("empty", ""), "recipe", 10), "");
}

TEST(FileTextTest, AbsentFileIsNotFoundAndNamed) {
  const absl::Status status = ReadFileText("/nowhere/r", "recipe", 10).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot open recipe /nowhere/r"));
}

TEST(FileTextTest, FolderIsRefused) {
  const absl::Status status = ReadFileText(testing::TempDir(), "recipe", 10).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is a folder"));
}

TEST(FileTextTest, LimitIsExact) {
  const std::string path = WriteTestFile("ten", "0123456789");
  EXPECT_TRUE(ReadFileText(path, "recipe", 10).ok());
  EXPECT_THAT(std::string(ReadFileText(path, "recipe", 9).status().message()),
              HasSubstr("larger than the limit of 9 bytes"));
}

}  // namespace
}  // namespace traind
