#include "server/serving/model_catalog.h"

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

class ModelCatalogTest : public testing::Test {
 protected:
  static v1::SetModelAliasRequest Set(const std::string& alias, int64_t version) {
    v1::SetModelAliasRequest request;
    request.set_model("two");
    request.set_alias(alias);
    request.set_version(version);
    return request;
  }

  FakeModelStore store_{{TwoClassVersion(1), TwoClassVersion(2)}};
  FakeClock clock_;
  ModelCatalog catalog_{store_, nullptr, clock_};
};

TEST_F(ModelCatalogTest, AnAliasMovesAtTheClocksTime) {
  const absl::StatusOr<v1::Model> model = catalog_.SetAlias(Set("production", 2));
  ASSERT_OK(model);
  EXPECT_EQ(model->aliases(0).version(), 2);
  EXPECT_EQ(model->aliases(0).update_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(ModelCatalogTest, AnAliasDoesNotMoveToAVersionThatCannotBeServed) {
  ASSERT_OK(catalog_.SetAlias(Set("production", 1)));
  ModelCatalog checking(
      store_,
      [](const v1::ModelVersion& version) {
        return absl::FailedPreconditionError(absl::StrCat("cannot load ", version.version()));
      },
      clock_);
  EXPECT_THAT(checking.SetAlias(Set("production", 2)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "cannot load 2"));
  EXPECT_EQ(store_.Resolve("two", "production")->version(), 1);
}

TEST_F(ModelCatalogTest, ARollbackAsksNobodyWhetherItsVersionCanBeServed) {
  ASSERT_OK(catalog_.SetAlias(Set("production", 1)));
  ASSERT_OK(catalog_.SetAlias(Set("production", 2)));
  ModelCatalog checking(
      store_, [](const v1::ModelVersion&) { return absl::InternalError("asked"); }, clock_);
  v1::RollbackModelAliasRequest request;
  request.set_model("two");
  request.set_alias("production");
  const absl::StatusOr<v1::Model> model = checking.RollbackAlias(request);
  ASSERT_OK(model);
  EXPECT_EQ(model->aliases(0).version(), 1);
}

TEST_F(ModelCatalogTest, RequestsWithoutTheirFieldsNameThem) {
  EXPECT_THAT(catalog_.Get({}), StatusIs(absl::StatusCode::kInvalidArgument, "model: expected"));
  EXPECT_THAT(catalog_.SetAlias(Set("", 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "alias: expected"));
  EXPECT_THAT(catalog_.SetAlias(Set("production", 0)),
              StatusIs(absl::StatusCode::kInvalidArgument, "version: expected"));
  v1::DeleteModelVersionRequest request;
  request.set_model("two");
  EXPECT_THAT(catalog_.DeleteVersion(request),
              StatusIs(absl::StatusCode::kInvalidArgument, "1 or more, got 0"));
}

}  // namespace
}  // namespace traind
