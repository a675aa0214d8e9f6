#include "server/datasets/push_request.h"

#include "tests/support/status_matchers.h"

namespace traind {
namespace {

v1::BeginDatasetPushRequest Request(const std::vector<std::string>& paths) {
  v1::BeginDatasetPushRequest request;
  request.set_name("iris");
  request.set_sha256(std::string(64, 'a'));
  for (const std::string& path : paths) {
    v1::PushedFile& file = *request.add_files();
    file.set_path(path);
    file.set_size_bytes(10);
  }
  return request;
}

absl::Status Check(const v1::BeginDatasetPushRequest& request) {
  return CheckPushRequest(request, Limits());
}

TEST(PushRequest, FilesInFoldersAreGood) { EXPECT_OK(Check(Request({"cat/1.png", "dog/1.png"}))); }

TEST(PushRequest, PathsThatLeaveTheFolderAreRefused) {
  for (const char* path :
       {"../a.csv", "/a.csv", "a/../b.csv", "a//b.csv", "./a.csv", "", "a\n.csv"}) {
    EXPECT_THAT(Check(Request({path})),
                StatusIs(absl::StatusCode::kInvalidArgument, "files: expected paths such as"))
        << path;
  }
}

TEST(PushRequest, APathComesOnce) {
  EXPECT_THAT(Check(Request({"a.csv", "a.csv"})),
              StatusIs(absl::StatusCode::kInvalidArgument, "got `a.csv` twice"));
}

TEST(PushRequest, NamesThatCannotBeAFoldersAreRefused) {
  v1::BeginDatasetPushRequest request = Request({"a.csv"});
  request.set_name(".pushing");
  EXPECT_THAT(Check(request), StatusIs(absl::StatusCode::kInvalidArgument, "dataset name"));
}

TEST(PushRequest, SizesAreBoundedTogether) {
  v1::BeginDatasetPushRequest request = Request({"a.csv", "b.csv"});
  Limits limits;
  limits.dataset_bytes_max = 19;
  EXPECT_THAT(CheckPushRequest(request, limits),
              StatusIs(absl::StatusCode::kInvalidArgument, "at most 19 bytes in all"));
  request.mutable_files(0)->set_size_bytes(-1);
  EXPECT_FALSE(CheckPushRequest(request, Limits()).ok());
}

TEST(PushRequest, ASha256HasItsDigits) {
  v1::BeginDatasetPushRequest request = Request({"a.csv"});
  request.set_sha256("abc");
  EXPECT_THAT(Check(request), StatusIs(absl::StatusCode::kInvalidArgument, "sha256: expected 64"));
}

TEST(PushRequest, EqualRequestsNameThePushAlike) {
  EXPECT_EQ(PushId(Request({"a.csv"})), PushId(Request({"a.csv"})));
  v1::BeginDatasetPushRequest other = Request({"a.csv"});
  other.mutable_source()->set_label_column("y");
  EXPECT_NE(PushId(Request({"a.csv"})), PushId(other));
}

}  // namespace
}  // namespace traind
