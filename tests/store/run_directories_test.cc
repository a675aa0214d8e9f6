#include "server/store/run_directories.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RunDirectoriesTest : public testing::Test {
 protected:
  void Add(const std::string& path, size_t size_bytes) {
    const std::string full = directory_.Path(path);
    std::filesystem::create_directories(std::filesystem::path(full).parent_path());
    WriteFile(full, std::string(size_bytes, 'x'));
  }

  TempDirectory directory_;
  RunDirectories files_{{directory_.Path("runs"), directory_.Path("logs")}};
};

TEST_F(RunDirectoriesTest, ListsRunsWithFilesInAnyRoot) {
  Add("runs/s4-1/checkpoints/step-1/model.safetensors", 10);
  Add("logs/s4-1/attempt-1.log", 5);
  Add("logs/s4-2/attempt-1.log", 5);
  absl::StatusOr<std::vector<std::string>> ids = files_.List();
  ASSERT_OK(ids);
  EXPECT_THAT(*ids, UnorderedElementsAre("s4-1", "s4-2"));
  EXPECT_EQ(files_.SizeBytes(), 20);
}

TEST_F(RunDirectoriesTest, RemovesOneRunsFilesAndSaysTheirSize) {
  Add("runs/s4-1/checkpoints/step-1/model.safetensors", 10);
  Add("logs/s4-1/attempt-1.log", 5);
  Add("runs/s4-11/checkpoints/step-1/model.safetensors", 7);
  absl::StatusOr<int64_t> freed = files_.Remove("s4-1");
  ASSERT_OK(freed);
  EXPECT_EQ(*freed, 15);
  EXPECT_EQ(files_.SizeBytes(), 7);
}

TEST_F(RunDirectoriesTest, ARunWithoutFilesHasNothingToRemove) {
  EXPECT_EQ(files_.Remove("s4-1").value(), 0);
  EXPECT_THAT(files_.List().value(), IsEmpty());
}

TEST_F(RunDirectoriesTest, AnIdThatLeavesTheRootsIsRefused) {
  Add("runs/s4-1/file", 1);
  for (const char* id : {"", ".", "..", "../runs", "s4-1/file"}) {
    EXPECT_THAT(files_.Remove(id), StatusIs(absl::StatusCode::kInvalidArgument, "expected the id"))
        << id;
  }
  EXPECT_EQ(files_.SizeBytes(), 1);
}

}  // namespace
}  // namespace traind
