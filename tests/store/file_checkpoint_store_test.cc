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

Checkpoint EpochCheckpoint(int epoch, bool best, const std::string& bytes = "weights") {
  return {
      .epoch = epoch, .step = epoch * 10, .best = best, .files = {{"model.safetensors", bytes}}};
}

class FileCheckpointStoreTest : public testing::Test {
 protected:
  std::unique_ptr<FileCheckpointStore> Open() {
    absl::StatusOr<std::unique_ptr<FileCheckpointStore>> sink = FileCheckpointStore::Open(root_);
    EXPECT_THAT(sink, IsOk());
    return sink.ok() ? *std::move(sink) : nullptr;
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

TEST_F(FileCheckpointStoreTest, WritesTheFilesUnderTheEpochsName) {
  Checkpoint checkpoint = EpochCheckpoint(3, true);
  checkpoint.files.push_back({"optimizer.safetensors", "momentum"});
  EXPECT_EQ(Open()->Write(checkpoint).value(), "epoch-00003");
  EXPECT_EQ(ReadFile(root_ + "/epoch-00003/model.safetensors"), "weights");
  EXPECT_EQ(ReadFile(root_ + "/epoch-00003/optimizer.safetensors"), "momentum");
}

TEST_F(FileCheckpointStoreTest, KeepsTheNewestAndTheBest) {
  std::unique_ptr<FileCheckpointStore> sink = Open();
  ASSERT_OK(sink->Write(EpochCheckpoint(1, true)));
  ASSERT_OK(sink->Write(EpochCheckpoint(2, true)));
  ASSERT_OK(sink->Write(EpochCheckpoint(3, false)));
  ASSERT_OK(sink->Write(EpochCheckpoint(4, false)));
  EXPECT_THAT(Names(), testing::ElementsAre("best", "epoch-00002", "epoch-00004"));
  EXPECT_EQ(ReadFile(root_ + "/best"), "epoch-00002\n");
}

TEST_F(FileCheckpointStoreTest, ALaterAttemptStillKeepsTheBest) {
  ASSERT_OK(Open()->Write(EpochCheckpoint(1, true)));
  ASSERT_OK(Open()->Write(EpochCheckpoint(2, false)));
  EXPECT_THAT(Names(), testing::ElementsAre("best", "epoch-00001", "epoch-00002"));
}

TEST_F(FileCheckpointStoreTest, TheSameEpochReplacesTheEarlierAttempts) {
  ASSERT_OK(Open()->Write(EpochCheckpoint(1, true, "first attempt")));
  ASSERT_OK(Open()->Write(EpochCheckpoint(1, true, "second attempt")));
  EXPECT_EQ(ReadFile(root_ + "/epoch-00001/model.safetensors"), "second attempt");
  EXPECT_THAT(Names(), testing::ElementsAre("best", "epoch-00001"));
}

TEST_F(FileCheckpointStoreTest, OpeningRemovesAWriteThatWasCutShort) {
  WriteFile(root_ + "/.writing/model.safetensors", "half");
  Open();
  EXPECT_THAT(Names(), testing::IsEmpty());
}

TEST_F(FileCheckpointStoreTest, NoRoomIsResourceExhaustedAndKeepsTheEarlierOnes) {
  std::unique_ptr<FileCheckpointStore> sink = Open();
  ASSERT_OK(sink->Write(EpochCheckpoint(1, true)));
  absl::StatusOr<std::string> name;
  {
    const FileSizeLimit limit(4096);
    name = sink->Write(EpochCheckpoint(2, true, std::string(10'000, 'w')));
  }
  EXPECT_THAT(name, StatusIs(absl::StatusCode::kResourceExhausted,
                             "bytes to " + root_ + "/.writing/model.safetensors"));
  EXPECT_THAT(name, StatusIs(absl::StatusCode::kResourceExhausted, "10000 bytes"));
  EXPECT_THAT(Names(), testing::ElementsAre("best", "epoch-00001"));
  EXPECT_EQ(ReadFile(root_ + "/best"), "epoch-00001\n");
}

TEST_F(FileCheckpointStoreTest, AFileNameThatLeavesTheFolderIsRefused) {
  Checkpoint checkpoint = EpochCheckpoint(1, true);
  checkpoint.files[0].name = "../escaped";
  EXPECT_THAT(Open()->Write(checkpoint),
              StatusIs(absl::StatusCode::kInvalidArgument, "got \"../escaped\""));
  EXPECT_THAT(Names(), testing::IsEmpty());
}

}  // namespace
}  // namespace traind
