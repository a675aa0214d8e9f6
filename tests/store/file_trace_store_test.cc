#include "server/store/file_trace_store.h"

#include <filesystem>

#include "server/store/file_checkpoint_store.h"
#include "server/store/file_export_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

// Steps of the rows on a page.
std::vector<int64_t> StepsOf(const v1::ReadTraceResponse& page) {
  std::vector<int64_t> steps;
  for (const v1::TraceRow& row : page.rows()) steps.push_back(row.step());
  return steps;
}

class FileTraceStoreTest : public testing::Test {
 protected:
  FileTraceStoreTest() {
    std::filesystem::create_directories(directory_.Path("tiny-1"));
    v1::TraceTensor& weight = *layout_.add_tensors();
    weight.set_kind(v1::TRACE_KIND_WEIGHT);
    weight.set_name("layers.0.weight");
    weight.add_shape(1);
    weight.add_shape(3);
  }

  static v1::TraceRow Row(int64_t step) {
    v1::TraceRow row;
    row.set_step(step);
    row.set_epoch(static_cast<int32_t>(step / 2 + 1));
    row.set_sample_count(4);
    row.set_loss(1.0 / static_cast<double>(step));
    for (const double value : {0.5, -1.25, 3.0}) {
      row.add_values(value * static_cast<double>(step));
    }
    return row;
  }

  // An attempt that goes on after `from` and ends, flushed, after `to`.
  void Record(int64_t from, int64_t to) {
    FileTraceStore store(path_);
    ASSERT_OK(store.Open(layout_, from));
    for (int64_t step = from + 1; step <= to; ++step) ASSERT_OK(store.Append(Row(step)));
    ASSERT_OK(store.Flush());
  }

  absl::StatusOr<v1::ReadTraceResponse> Read(int64_t after_step = 0) const {
    return FileExportFiles(directory_.path(), "", limits_).ReadTrace("tiny-1", after_step);
  }

  TempDirectory directory_;
  const std::string path_ = directory_.Path("tiny-1/trace");
  v1::TraceLayout layout_;
  Limits limits_;
};

TEST_F(FileTraceStoreTest, RowsAreReadAsTheyWereAdded) {
  Record(0, 3);
  const auto page = Read();
  ASSERT_OK(page);
  EXPECT_EQ(page->layout().SerializeAsString(), layout_.SerializeAsString());
  ASSERT_EQ(page->rows_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(page->rows(i).SerializeAsString(), Row(i + 1).SerializeAsString());
  }
}

TEST_F(FileTraceStoreTest, GoingOnFromACheckpointCutsOffTheStepsAfterIt) {
  Record(0, 5);
  FileTraceStore store(path_);
  ASSERT_OK(store.Open(layout_, 3));
  EXPECT_THAT(StepsOf(*Read()), testing::ElementsAre(1, 2, 3));
  ASSERT_OK(store.Append(Row(4)));
  ASSERT_OK(store.Flush());
  EXPECT_THAT(StepsOf(*Read()), testing::ElementsAre(1, 2, 3, 4));
}

TEST_F(FileTraceStoreTest, BeginningAnewForgetsAll) {
  Record(0, 5);
  Record(0, 1);
  EXPECT_THAT(StepsOf(*Read()), testing::ElementsAre(1));
}

TEST_F(FileTraceStoreTest, HalfARowAtTheEndIsNoneAndIsCutOff) {
  Record(0, 2);
  const std::string whole = ReadFile(path_);
  WriteFile(path_, whole + whole.substr(whole.size() - 56, 20));
  EXPECT_THAT(StepsOf(*Read()), testing::ElementsAre(1, 2));
  Record(2, 3);
  EXPECT_THAT(StepsOf(*Read()), testing::ElementsAre(1, 2, 3));
}

TEST_F(FileTraceStoreTest, APageHoldsAsManyRowsAsItsBytesAndAtLeastOne) {
  Record(0, 5);
  limits_.trace_page_bytes_max = 2 * 56 + 55;
  EXPECT_THAT(StepsOf(*Read()), testing::ElementsAre(1, 2));
  EXPECT_THAT(StepsOf(*Read(2)), testing::ElementsAre(3, 4));
  EXPECT_THAT(StepsOf(*Read(4)), testing::ElementsAre(5));
  EXPECT_THAT(StepsOf(*Read(5)), testing::IsEmpty());
  limits_.trace_page_bytes_max = 1;
  EXPECT_THAT(StepsOf(*Read(1)), testing::ElementsAre(2));
}

TEST_F(FileTraceStoreTest, WhatAnAttemptLeftThatWasKilledAsItBeganGoesAtTheNextStart) {
  Record(0, 2);
  WriteFile(path_ + ".new", "half of a head");
  ASSERT_OK(FileCheckpointStore::RemoveAllLeftovers(directory_.path()));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
  EXPECT_THAT(StepsOf(*Read()), testing::ElementsAre(1, 2));
}

TEST_F(FileTraceStoreTest, FewerRowsThanTheCheckpointHasStepsAreLostData) {
  Record(0, 2);
  FileTraceStore store(path_);
  EXPECT_THAT(store.Open(layout_, 3),
              StatusIs(absl::StatusCode::kDataLoss,
                       "expected the trace of 3 steps in " + path_ + ", got 2; restore it"));
}

TEST_F(FileTraceStoreTest, NoFileIsLostDataForOneThatGoesOn) {
  FileTraceStore store(path_);
  EXPECT_THAT(store.Open(layout_, 3), StatusIs(absl::StatusCode::kDataLoss, "got no file"));
}

TEST_F(FileTraceStoreTest, AnotherNetworksTraceIsRefused) {
  Record(0, 2);
  layout_.mutable_tensors(0)->set_name("layers.1.weight");
  FileTraceStore store(path_);
  EXPECT_THAT(store.Open(layout_, 2), StatusIs(absl::StatusCode::kDataLoss, "another one"));
}

TEST_F(FileTraceStoreTest, AStepThatIsNotTheNextOneIsRefused) {
  FileTraceStore store(path_);
  ASSERT_OK(store.Open(layout_, 0));
  EXPECT_THAT(store.Append(Row(2)), StatusIs(absl::StatusCode::kInternal, "expected step 1"));
}

TEST_F(FileTraceStoreTest, OtherBytesAreDamaged) {
  Record(0, 2);
  const std::string whole = ReadFile(path_);
  std::string bytes = whole;
  bytes[bytes.size() - 56] = 7;  // the second row's step
  WriteFile(path_, bytes);
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kDataLoss, "expected step 2, got 7"));
  bytes = whole;
  bytes[0] = 'x';
  WriteFile(path_, bytes);
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kDataLoss, "expected a trace, got other bytes"));
  WriteFile(path_, whole.substr(0, 20));
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kDataLoss, ""));
  bytes = whole;
  bytes[14] = 1;  // a header of a petabyte
  WriteFile(path_, bytes);
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kDataLoss, "expected a header of at most"));
}

TEST_F(FileTraceStoreTest, ARunWithoutATraceIsNotFound) {
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kNotFound, ""));
}

}  // namespace
}  // namespace traind
