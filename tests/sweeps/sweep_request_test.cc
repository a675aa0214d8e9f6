#include "server/sweeps/sweep_request.h"

#include "gmock/gmock.h"
#include "tests/sweeps/sweep_fixture.h"

namespace traind {
namespace {

class SweepRequestTest : public SweepFixture {
 protected:
  void ExpectRefused(const v1::CreateSweepRequest& request, const std::string& message) {
    EXPECT_THAT(sweeps_->Create(request), StatusIs(absl::StatusCode::kInvalidArgument, message));
  }
};

TEST_F(SweepRequestTest, ABadValueNamesItsPointAndField) {
  ExpectRefused(GridRequest({"0.1", "-1"}),
                "point 2 (optimizer.sgd.learning_rate=-1): optimizer.sgd.learning_rate: expected");
}

TEST_F(SweepRequestTest, AnUnknownFieldIsRefused) {
  v1::CreateSweepRequest request = GridRequest({"0.1"});
  request.mutable_search()->mutable_grid(0)->set_path("optimizer.sgd.speed");
  ExpectRefused(request, "no field `speed` in Sgd");
}

TEST_F(SweepRequestTest, AnUnknownRecipeIsNotFound) {
  v1::CreateSweepRequest request = GridRequest({"0.1"});
  request.set_recipe_name("none");
  EXPECT_THAT(sweeps_->Create(request), StatusIs(absl::StatusCode::kNotFound, "none"));
}

TEST_F(SweepRequestTest, AnAbsentDatasetIsSaidAtOnce) {
  v1::CreateSweepRequest request = GridRequest({"0.1"});
  v1::Override& change = *request.add_overrides();
  change.set_path("data.dataset");
  change.set_value("absent");
  EXPECT_THAT(sweeps_->Create(request), StatusIs(absl::StatusCode::kFailedPrecondition, "absent"));
}

TEST_F(SweepRequestTest, HalvingNeedsEpochsToHalve) {
  v1::CreateSweepRequest request = HalvingRequest({"0.1"});
  request.mutable_search()->mutable_halving()->set_min_epochs(4);
  ExpectRefused(request, "search.halving.min_epochs: expected less than the recipe's epoch_count");
}

TEST_F(SweepRequestTest, HalvingDecidesOnTheEpochsAlone) {
  v1::CreateSweepRequest request = HalvingRequest({"0.1"});
  v1::GridParameter& epochs = *request.mutable_search()->add_grid();
  epochs.set_path("epoch_count");
  epochs.add_values("3");
  ExpectRefused(request, "epoch_count is what halving decides on");
}

TEST_F(SweepRequestTest, AReductionFactorOfOneHalvesNothing) {
  v1::CreateSweepRequest request = HalvingRequest({"0.1"});
  request.mutable_search()->mutable_halving()->set_reduction_factor(1);
  ExpectRefused(request, "search.halving.reduction_factor: expected 2 to");
}

TEST_F(SweepRequestTest, ParallelismIsBoundedByTheQueue) {
  v1::CreateSweepRequest request = GridRequest({"0.1"});
  request.set_parallelism(1001);
  ExpectRefused(request, "parallelism: expected 0 to 1000, got 1001");
}

TEST_F(SweepRequestTest, WithoutAWordNoRunIsPublished) {
  const std::string sweep_id = Create(GridRequest({"0.1"}));
  EXPECT_EQ(GetSweep(sweep_id).execution().publish(), v1::PUBLISH_POLICY_MANUAL);
  EXPECT_EQ(GetSweep(sweep_id).parallelism(), limits_.sweep_parallelism_default);
}

}  // namespace
}  // namespace traind
