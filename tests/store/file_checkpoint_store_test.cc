#include "server/store/file_checkpoint_store.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

// Lets this process write only small files, as a disk with little room would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_;
};

class FileCheckpointStoreTest : public testing::Test {
 protected:
  std::unique_ptr<FileCheckpointStore> Open() {
    absl::StatusOr<std::unique_ptr<FileCheckpointStore>> store = FileCheckpointStore::Open(root_);
    EXPECT_THAT(store, IsOk());
    return store.ok() ? *std::move(store) : nullptr;
  }

  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  TempDirectory directory_;
  const std::string root_ = directory_.Path("s4-1/checkpoints");
};

TEST_F(FileCheckpointStoreTest, WritesTheFilesUnderTheStepsName) {
  ASSERT_OK(Open()->Write(2814, {{"model.safetensors", "weights"}, {"training.json", "{}"}}));
  EXPECT_EQ(ReadFile(root_ + "/step-000002814/model.safetensors"), "weights");
  EXPECT_EQ(ReadFile(root_ + "/step-000002814/training.json"), "{}");
}

TEST_F(FileCheckpointStoreTest, ReadsBackWhatAnEarlierAttemptWrote) {
  ASSERT_OK(Open()->Write(10, {{"b", std::string("\0\n", 2)}, {"a", ""}}));
  const auto files = Open()->Read("step-000000010");
  ASSERT_THAT(files, IsOk());
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].name, "a");
  EXPECT_EQ((*files)[0].bytes, "");
  EXPECT_EQ((*files)[1].bytes, std::string("\0\n", 2));
}

TEST_F(FileCheckpointStoreTest, ListsTheNewestFirst) {
  EXPECT_THAT(*Open()->List(), testing::IsEmpty());
  for (const int64_t step : {9, 100, 20}) ASSERT_OK(Open()->Write(step, {{"a", "x"}}));
  EXPECT_THAT(*Open()->List(),
              testing::ElementsAre("step-000000100", "step-000000020", "step-000000009"));
}

TEST_F(FileCheckpointStoreTest, ForgetsAllThatIsNotNamed) {
  std::unique_ptr<FileCheckpointStore> store = Open();
  for (const int64_t step : {1, 2, 3, 4}) ASSERT_OK(store->Write(step, {{"a", "x"}}));
  ASSERT_OK(store->KeepOnly({"step-000000002", "step-000000004"}));
  EXPECT_THAT(Names(), testing::ElementsAre("step-000000002", "step-000000004"));
}

TEST_F(FileCheckpointStoreTest, TheSameStepReplacesTheEarlierAttempts) {
  ASSERT_OK(Open()->Write(1, {{"a", "first attempt"}, {"b", "more"}}));
  ASSERT_OK(Open()->Write(1, {{"a", "second attempt"}}));
  EXPECT_EQ(ReadFile(root_ + "/step-000000001/a"), "second attempt");
  EXPECT_EQ(Open()->Read("step-000000001")->size(), 1u);
  EXPECT_THAT(Names(), testing::ElementsAre("step-000000001"));
}

TEST_F(FileCheckpointStoreTest, OneThatIsNotThereIsNotFound) {
  EXPECT_THAT(Open()->Read("step-000000007"),
              StatusIs(absl::StatusCode::kNotFound, "step-000000007"));
  EXPECT_THAT(Open()->Read("../logs"), StatusIs(absl::StatusCode::kInvalidArgument, "../logs"));
}

TEST_F(FileCheckpointStoreTest, OpeningRemovesAWriteThatWasCutShort) {
  WriteFile(root_ + "/.writing/model.safetensors", "half");
  Open();
  EXPECT_THAT(Names(), testing::IsEmpty());
}

TEST_F(FileCheckpointStoreTest, OpeningRemovesARemovalThatWasCutShort) {
  WriteFile(root_ + "/.removing/model.safetensors", "left");
  Open();
  EXPECT_THAT(Names(), testing::IsEmpty());
}

TEST_F(FileCheckpointStoreTest, LeftoversGoFromEveryRunAlsoFromThoseThatNobodyOpens) {
  ASSERT_OK(Open()->Write(1, {{"a", "x"}}));
  WriteFile(root_ + "/.writing/a", "half");
  WriteFile(directory_.Path("s4-2/checkpoints/.removing/a"), "left");
  WriteFile(directory_.Path("a file of somebody's"), "x");
  ASSERT_OK(FileCheckpointStore::RemoveAllLeftovers(directory_.path()));
  EXPECT_THAT(Names(), testing::ElementsAre("step-000000001"));
  EXPECT_TRUE(fs::is_empty(directory_.Path("s4-2/checkpoints")));
}

TEST_F(FileCheckpointStoreTest, NoRoomIsResourceExhaustedAndKeepsTheEarlierOnes) {
  std::unique_ptr<FileCheckpointStore> store = Open();
  ASSERT_OK(store->Write(1, {{"model.safetensors", "weights"}}));
  absl::Status status;
  {
    const FileSizeLimit limit(4096);
    status = store->Write(2, {{"model.safetensors", std::string(10'000, 'w')}});
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                               "bytes to " + root_ + "/.writing/model.safetensors"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, "10000 bytes"));
  EXPECT_THAT(Names(), testing::ElementsAre("step-000000001"));
}

TEST_F(FileCheckpointStoreTest, AFileNameThatLeavesTheFolderIsRefused) {
  EXPECT_THAT(Open()->Write(1, {{"../escaped", "x"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, "got \"../escaped\""));
  EXPECT_THAT(Names(), testing::IsEmpty());
}

}  // namespace
}  // namespace traind
