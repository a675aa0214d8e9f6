#include "server/store/file_dataset_store.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/base/sha256.h"
#include "server/dataset_import.h"
#include "server/datasets/push_request.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kTable[] = "x,y\n1,a\n2,b\n3,a\n4,b\n5,a\n";

// Imports in this process; can be told to do something else first.
class DirectImporter : public DatasetImporter {
 public:
  explicit DirectImporter(const Clock& clock) : clock_(clock) {}

  absl::Status Import(const std::string& folder) override {
    ++count;
    if (before) before();
    if (!failure.ok()) return failure;
    return ImportDataset(folder, Limits(), clock_);
  }

  int count = 0;
  absl::Status failure;
  std::function<void()> before;

 private:
  const Clock& clock_;
};

class FileDatasetStoreTest : public ::testing::Test {
 protected:
  FileDatasetStoreTest() { Restart(); }

  // A new store over the same folder, as after a restart of the server.
  void Restart() {
    store_.reset();
    store_ = std::make_unique<FileDatasetStore>(options_, datasets_, importer_, clock_);
  }

  static v1::BeginDatasetPushRequest Request(const std::string& name, const std::string& table) {
    v1::BeginDatasetPushRequest request;
    request.set_name(name);
    request.mutable_source()->set_label_column("y");
    request.add_files()->set_path("table.csv");
    request.mutable_files(0)->set_size_bytes(static_cast<int64_t>(table.size()));
    request.set_sha256(Sha256Hex(table));
    return request;
  }

  // A whole push.
  absl::StatusOr<v1::Dataset> Push(const std::string& name, const std::string& table) {
    const absl::StatusOr<v1::DatasetPush> push = store_->BeginPush(Request(name, table));
    if (!push.ok()) return push.status();
    if (push->has_dataset()) return push->dataset();
    absl::Status appended =
        store_->Append(push->id(), push->received_bytes(),
                       table.substr(static_cast<size_t>(push->received_bytes())));
    if (!appended.ok()) return appended;
    return store_->FinishPush(push->id());
  }

  std::vector<std::string> Pushing() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root_ + "/.pushing", error)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  TempDirectory directory_;
  const std::string root_ = directory_.Path("datasets");
  FakeClock clock_;
  DatasetDirectory datasets_{root_};
  DirectImporter importer_{clock_};
  FileDatasetStore::Options options_;
  std::unique_ptr<FileDatasetStore> store_;
};

TEST_F(FileDatasetStoreTest, WhatIsPushedIsADatasetAndLeavesNothingElse) {
  const absl::StatusOr<v1::Dataset> dataset = Push("table", kTable);
  ASSERT_OK(dataset);
  EXPECT_EQ(dataset->name(), "table");
  EXPECT_THAT(dataset->class_names(), ElementsAre("a", "b"));
  EXPECT_OK(datasets_.ReadSplits("table", {"train", "test"}, dataset->sha256()));
  EXPECT_THAT(Pushing(), IsEmpty());
}

TEST_F(FileDatasetStoreTest, APushGoesOnWhereItWasAlsoAfterARestart) {
  const std::string table = kTable;
  const absl::StatusOr<v1::DatasetPush> first = store_->BeginPush(Request("table", table));
  ASSERT_OK(first);
  EXPECT_EQ(first->received_bytes(), 0);
  EXPECT_OK(store_->Append(first->id(), 0, table.substr(0, 7)));
  Restart();
  const absl::StatusOr<v1::DatasetPush> second = store_->BeginPush(Request("table", table));
  ASSERT_OK(second);
  EXPECT_EQ(second->id(), first->id());
  EXPECT_EQ(second->received_bytes(), 7);
  EXPECT_OK(store_->Append(second->id(), 7, table.substr(7)));
  EXPECT_OK(store_->FinishPush(second->id()));
}

TEST_F(FileDatasetStoreTest, BytesThatBeginElsewhereAreRefused) {
  const absl::StatusOr<v1::DatasetPush> push = store_->BeginPush(Request("table", kTable));
  ASSERT_OK(push);
  EXPECT_OK(store_->Append(push->id(), 0, "x,y\n"));
  EXPECT_THAT(store_->Append(push->id(), 0, "x,y\n"),
              StatusIs(absl::StatusCode::kAborted, "expected 4"));
  EXPECT_THAT(store_->Append("nope", 0, "x"), StatusIs(absl::StatusCode::kNotFound, "nope"));
}

TEST_F(FileDatasetStoreTest, SeveralFilesAreFilledOneAfterAnother) {
  v1::BeginDatasetPushRequest request = Request("table", "");
  request.clear_files();
  const std::string train = "x,y\n1,a\n2,b\n";
  const std::string test = "x,y\n3,a\n";
  for (const auto& [name, bytes] : {std::pair("train.csv", train), std::pair("test.csv", test)}) {
    request.add_files()->set_path(name);
    request.mutable_files()->rbegin()->set_size_bytes(static_cast<int64_t>(bytes.size()));
  }
  request.set_sha256(Sha256Hex(train + test));
  const absl::StatusOr<v1::DatasetPush> push = store_->BeginPush(request);
  ASSERT_OK(push);
  int64_t offset = 0;
  for (const char byte : train + test) {
    EXPECT_OK(store_->Append(push->id(), offset++, std::string(1, byte)));
  }
  const absl::StatusOr<v1::Dataset> dataset = store_->FinishPush(push->id());
  ASSERT_OK(dataset);
  EXPECT_EQ(dataset->splits(0).row_count(), 1);
  EXPECT_EQ(dataset->splits(1).row_count(), 2);
}

TEST_F(FileDatasetStoreTest, AFinishBeforeTheLastByteIsRefusedAndForgetsNothing) {
  const absl::StatusOr<v1::DatasetPush> push = store_->BeginPush(Request("table", kTable));
  EXPECT_THAT(store_->FinishPush(push->id()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "got 0 so far"));
  EXPECT_THAT(Pushing(), SizeIs(1));
}

TEST_F(FileDatasetStoreTest, FilesThatAreNoDatasetAreForgotten) {
  EXPECT_THAT(Push("table", "x,y\nabc,a\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "table.csv: line 2: column `x`: expected a number, got `abc`"));
  EXPECT_THAT(Pushing(), IsEmpty());
  EXPECT_THAT(datasets_.List(), IsEmpty());
}

TEST_F(FileDatasetStoreTest, BytesWithAnotherSha256AreForgotten) {
  v1::BeginDatasetPushRequest request = Request("table", kTable);
  request.set_sha256(std::string(64, '0'));
  const absl::StatusOr<v1::DatasetPush> push = store_->BeginPush(request);
  ASSERT_OK(push);
  EXPECT_OK(store_->Append(push->id(), 0, kTable));
  EXPECT_THAT(store_->FinishPush(push->id()),
              StatusIs(absl::StatusCode::kDataLoss, "changed on the way"));
  EXPECT_THAT(datasets_.List(), IsEmpty());
}

TEST_F(FileDatasetStoreTest, TheSamePushAgainIsAnsweredWithTheDataset) {
  ASSERT_OK(Push("table", kTable));
  const absl::StatusOr<v1::DatasetPush> again = store_->BeginPush(Request("table", kTable));
  ASSERT_OK(again);
  EXPECT_EQ(again->dataset().name(), "table");
  EXPECT_EQ(importer_.count, 1);
}

TEST_F(FileDatasetStoreTest, AnotherContentUnderTheNameIsRefused) {
  ASSERT_OK(Push("table", kTable));
  EXPECT_THAT(Push("table", std::string(kTable) + "6,b\n"),
              StatusIs(absl::StatusCode::kAlreadyExists, "datasets never change"));
}

TEST_F(FileDatasetStoreTest, OfTwoPushesOfOneNameTheFirstToEndWins) {
  importer_.before = [this] {
    importer_.before = nullptr;
    EXPECT_OK(Push("table", std::string(kTable) + "6,b\n"));
  };
  EXPECT_THAT(Push("table", kTable), StatusIs(absl::StatusCode::kAlreadyExists, "table"));
  EXPECT_THAT(Pushing(), IsEmpty());
}

TEST_F(FileDatasetStoreTest, WhenTheServerStopsTheBytesStay) {
  importer_.failure = absl::UnavailableError("stopping");
  EXPECT_THAT(Push("table", kTable), StatusIs(absl::StatusCode::kUnavailable, "stopping"));
  importer_.failure = absl::OkStatus();
  Restart();
  EXPECT_OK(Push("table", kTable));
}

TEST_F(FileDatasetStoreTest, PastTheQuotaNothingIsBegun) {
  options_.quota_bytes = static_cast<int64_t>(std::string(kTable).size()) - 1;
  Restart();
  EXPECT_THAT(Push("table", kTable),
              StatusIs(absl::StatusCode::kResourceExhausted, "--dataset-limit"));
  EXPECT_THAT(Pushing(), IsEmpty());
}

TEST_F(FileDatasetStoreTest, TheQuotaCountsDatasetsThatAreThere) {
  const absl::StatusOr<v1::Dataset> dataset = Push("table", kTable);
  ASSERT_OK(dataset);
  options_.quota_bytes = dataset->size_bytes() + 10;
  Restart();
  EXPECT_THAT(Push("other", kTable), StatusIs(absl::StatusCode::kResourceExhausted, ""));
}

TEST_F(FileDatasetStoreTest, PushesThatNobodyGoesOnWithAreForgottenInTheEnd) {
  ASSERT_OK(store_->BeginPush(Request("table", kTable)));
  clock_.Advance(options_.limits.dataset_push_lifetime + absl::Seconds(1));
  ASSERT_OK(store_->BeginPush(Request("other", kTable)));
  EXPECT_THAT(Pushing(), ElementsAre(PushId(Request("other", kTable))));
}

TEST_F(FileDatasetStoreTest, LeftoversWithoutARequestAreRemovedAtTheStart) {
  fs::create_directories(root_ + "/.pushing/abc/files");
  fs::create_directories(root_ + "/.removing/table");
  Restart();
  EXPECT_THAT(Pushing(), IsEmpty());
  EXPECT_FALSE(fs::exists(root_ + "/.removing"));
}

TEST_F(FileDatasetStoreTest, ADatasetIsDeletedWithItsFiles) {
  const absl::StatusOr<v1::Dataset> dataset = Push("table", kTable);
  ASSERT_OK(dataset);
  EXPECT_EQ(store_->Delete("table").value(), dataset->size_bytes());
  EXPECT_THAT(datasets_.List(), IsEmpty());
  EXPECT_THAT(store_->Delete("table"), StatusIs(absl::StatusCode::kNotFound, "table"));
}

TEST_F(FileDatasetStoreTest, WhatPeoplePutIntoTheFolderIsTheirs) {
  fs::create_directories(root_ + "/mnist");
  EXPECT_THAT(store_->Delete("mnist"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "was not pushed"));
}

}  // namespace
}  // namespace traind
