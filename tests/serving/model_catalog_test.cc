#include "server/serving/model_catalog.h"

#include <vector>

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

  // A row that begins with `number`, and its logits.
  static v1::ModelSample Sample(float number, std::vector<float> logits) {
    const float row[] = {number, 0};
    v1::ModelSample sample;
    sample.mutable_input()->set_data(row, sizeof(row));
    sample.mutable_logits()->set_data(logits.data(), logits.size() * sizeof(float));
    return sample;
  }

  FakeModelStore store_{{TwoClassVersion(1), TwoClassVersion(2)}};
  FakeExecution execution_;
  FakeExecutorLoader loader_{execution_};
  ModelPool pool_{{}, store_, loader_};
  FakeClock clock_;
  Limits limits_;
  ModelCatalog catalog_{store_, nullptr, clock_};
  ModelCatalog checking_{store_, &pool_, clock_};
};

TEST_F(ModelCatalogTest, AnAliasMovesAtTheClocksTime) {
  const absl::StatusOr<v1::Model> model = catalog_.SetAlias(Set("production", 2));
  ASSERT_OK(model);
  EXPECT_EQ(model->aliases(0).version(), 2);
  EXPECT_EQ(model->aliases(0).update_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(ModelCatalogTest, AnAliasDoesNotMoveToAVersionThatCannotBeLoaded) {
  ASSERT_OK(checking_.SetAlias(Set("production", 1)));
  execution_.load_status = absl::DataLossError("wrong SHA-256");
  EXPECT_THAT(checking_.SetAlias(Set("production", 2)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "version 2 of two cannot be served, and the alias was not moved: wrong"));
  EXPECT_EQ(store_.Resolve("two", "production")->version(), 1);
}

TEST_F(ModelCatalogTest, AnAliasDoesNotMoveToAVersionThatFailsItsSample) {
  // The fake answers its input's first number and 1.
  store_.sample = Sample(3, {3, 2});
  EXPECT_THAT(checking_.SetAlias(Set("production", 2)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "got a difference of 1"));
  store_.sample = Sample(3, {3, 1});
  EXPECT_OK(checking_.SetAlias(Set("production", 2)));
}

TEST_F(ModelCatalogTest, AVersionIsReadyWhenAnAliasMovesToIt) {
  const absl::StatusOr<v1::Model> model = checking_.SetAlias(Set("production", 1));
  ASSERT_OK(model);
  EXPECT_EQ(model->versions(1).load_state(), v1::LOAD_STATE_READY);
  EXPECT_EQ(model->versions(1).memory_bytes(), 1000);
  EXPECT_EQ(model->versions(0).load_state(), v1::LOAD_STATE_UNSPECIFIED);
}

TEST_F(ModelCatalogTest, AReadyVersionThatDoesNotAnswerSaysWhy) {
  ModelCatalog catalog(
      store_, &pool_, clock_, limits_, [](absl::string_view model, int64_t version) {
        return model == "two" && version == 1 ? "a prediction of it does not come back" : "";
      });
  ASSERT_OK(catalog.SetAlias(Set("production", 1)));
  v1::GetModelRequest request;
  request.set_model("two");
  const absl::StatusOr<v1::Model> model = catalog.Get(request);
  ASSERT_OK(model);
  EXPECT_EQ(model->versions(1).load_state(), v1::LOAD_STATE_READY);
  EXPECT_EQ(model->versions(1).load_reason(), "a prediction of it does not come back");
  EXPECT_EQ(model->versions(0).load_reason(), "");
}

TEST_F(ModelCatalogTest, AnAliasWhoseVersionLoadsTooLongStays) {
  limits_.model_check_timeout = absl::ZeroDuration();
  ModelCatalog hasty(store_, &pool_, clock_, limits_);
  execution_.hold_load = true;
  EXPECT_THAT(hasty.SetAlias(Set("production", 2)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "model_check_timeout"));
  EXPECT_EQ(store_.Resolve("two", "production").status().code(), absl::StatusCode::kNotFound);
  execution_.load_release.Notify();
}

TEST_F(ModelCatalogTest, ARollbackDoesNotAskWhetherItsVersionCanBeServed) {
  ASSERT_OK(checking_.SetAlias(Set("production", 1)));
  ASSERT_OK(checking_.SetAlias(Set("production", 2)));
  pool_.Unload("two", 1);
  execution_.load_status = absl::InternalError("asked");
  v1::RollbackModelAliasRequest request;
  request.set_model("two");
  request.set_alias("production");
  const absl::StatusOr<v1::Model> model = checking_.RollbackAlias(request);
  ASSERT_OK(model);
  EXPECT_EQ(model->aliases(0).version(), 1);
}

TEST_F(ModelCatalogTest, UnloadingTellsWhichVersionsWentAndWhatThatFrees) {
  for (const int64_t version : {1, 2}) ASSERT_OK(checking_.SetAlias(Set("production", version)));
  v1::UnloadModelRequest request;
  request.set_model("two");
  request.set_version(1);
  EXPECT_EQ(checking_.Unload(request)->freed_bytes(), 1000);
  request.set_version(0);
  const absl::StatusOr<v1::UnloadModelResponse> rest = checking_.Unload(request);
  ASSERT_OK(rest);
  EXPECT_EQ(rest->freed_bytes(), 1000);
  ASSERT_EQ(rest->versions_size(), 1);
  EXPECT_EQ(rest->versions(0), 2);
  request.set_version(9);
  EXPECT_EQ(checking_.Unload(request).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ModelCatalogTest, ADeletedVersionLeavesThePoolAtOnce) {
  ASSERT_OK(checking_.SetAlias(Set("best", 1)));
  ASSERT_OK(checking_.SetAlias(Set("best", 2)));
  ASSERT_EQ(pool_.StatusOf("two", 1).state, ModelPool::State::kReady);
  v1::DeleteModelVersionRequest request;
  request.set_model("two");
  request.set_version(1);
  ASSERT_OK(checking_.DeleteVersion(request));
  EXPECT_EQ(pool_.StatusOf("two", 1).state, ModelPool::State::kUnknown);
}

TEST_F(ModelCatalogTest, ALoadedVersionIsShownWithItsDevice) {
  loader_.device_name = "cuda:0";
  ASSERT_OK(checking_.SetAlias(Set("best", 1)));
  v1::GetModelRequest request;
  request.set_model("two");
  const absl::StatusOr<v1::Model> model = checking_.Get(request);
  ASSERT_OK(model);
  for (const v1::ModelVersion& version : model->versions()) {
    EXPECT_EQ(version.device(), version.version() == 1 ? "cuda:0" : "") << version.version();
  }
}

TEST_F(ModelCatalogTest, ACanarysShareIsShown) {
  ASSERT_OK(catalog_.SetAlias(Set("canary", 1)));
  v1::SetCanaryShareRequest request;
  request.set_model("two");
  request.set_percent(5);
  EXPECT_EQ(catalog_.SetCanaryShare(request)->canary_percent(), 5);
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
