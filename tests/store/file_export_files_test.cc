#include "server/store/file_export_files.h"

#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

class FileExportFilesTest : public testing::Test {
 protected:
  FileExportFilesTest() {
    WriteFile(directory_.Path("runs/s4-1/checkpoints/step-000000002/model.safetensors"), "abcdefg");
    WriteFile(directory_.Path("models/s4/3/model.safetensors"), "version");
    WriteFile(directory_.Path("models/mine/1/module.pt"), "script");
    WriteFile(directory_.Path("models/mine/2/module.pt2"), "package");
    limits_.weights_piece_bytes_max = 3;
  }
  FileExportFiles files() const {
    return FileExportFiles(directory_.Path("runs"), directory_.Path("models"), limits_);
  }

  TempDirectory directory_;
  Limits limits_;
};

TEST_F(FileExportFilesTest, PiecesTogetherAreTheFile) {
  std::string whole;
  for (const int64_t offset : {0, 3, 6, 7}) {
    const auto piece = files().ReadRunWeights("s4-1", "step-000000002", offset);
    ASSERT_OK(piece);
    EXPECT_EQ(piece->total_bytes(), 7);
    whole += piece->data();
  }
  EXPECT_EQ(whole, "abcdefg");
  EXPECT_EQ(files().ReadVersionWeights("s4", 3, 4)->data(), "ion");
}

TEST_F(FileExportFilesTest, WhereTheNetworkIsAModuleItIsTheModule) {
  EXPECT_EQ(files().ReadVersionWeights("mine", 1, 3)->data(), "ipt");
  EXPECT_EQ(files().ReadVersionWeights("mine", 2, 4)->data(), "age");
}

TEST_F(FileExportFilesTest, AnOffsetPastTheEndIsOutOfRange) {
  EXPECT_THAT(files().ReadVersionWeights("s4", 3, 8),
              StatusIs(absl::StatusCode::kOutOfRange, "expected 0 to 7, got 8"));
  EXPECT_THAT(files().ReadVersionWeights("s4", 3, -1), StatusIs(absl::StatusCode::kOutOfRange, ""));
}

TEST_F(FileExportFilesTest, WhatIsNotThereIsNotFound) {
  EXPECT_THAT(files().ReadVersionWeights("s4", 4, 0), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(files().ReadRunWeights("s4-1", "step-000000004", 0),
              StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST_F(FileExportFilesTest, NamesThatLeaveTheFoldersAreRefused) {
  for (const char* name : {"", ".", "..", "../s4-1", "a/b"}) {
    EXPECT_THAT(files().ReadRunWeights("s4-1", name, 0),
                StatusIs(absl::StatusCode::kInvalidArgument, "expected a plain name"));
    EXPECT_THAT(files().ReadTrace(name, 0), StatusIs(absl::StatusCode::kInvalidArgument, ""));
    EXPECT_THAT(files().ReadVersionWeights(name, 1, 0),
                StatusIs(absl::StatusCode::kInvalidArgument, ""));
  }
}

}  // namespace
}  // namespace traind
