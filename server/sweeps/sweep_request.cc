#include "server/sweeps/sweep_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_source.h"
#include "server/recipes/recipe_text.h"
#include "server/runs/fingerprint.h"
#include "server/sweeps/sweep_metric.h"
#include "server/sweeps/sweep_plan.h"
#include "server/sweeps/sweep_points.h"

namespace traind {
namespace {

constexpr int kRequestIdBytesMax = 128;
constexpr int kReductionFactorMax = 1000;

absl::Status Expected(absl::string_view field, absl::string_view expected, int got) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": expected ", expected, ", got ", got));
}

absl::Status CheckHalving(const v1::Sweep& sweep) {
  const v1::SuccessiveHalving& halving = sweep.search().halving();
  const int epochs = sweep.recipe().epoch_count();
  if (halving.reduction_factor() != 0 &&
      (halving.reduction_factor() < 2 || halving.reduction_factor() > kReductionFactorMax)) {
    return Expected("search.halving.reduction_factor",
                    absl::StrCat("2 to ", kReductionFactorMax, ", or 0 for the default"),
                    halving.reduction_factor());
  }
  if (halving.min_epochs() < 0 || std::max(1, halving.min_epochs()) >= epochs) {
    return Expected(
        "search.halving.min_epochs",
        absl::StrCat("less than the recipe's epoch_count, ", epochs, ", and not below 0"),
        halving.min_epochs());
  }
  for (const v1::FieldValue& parameter : sweep.points(0).parameters()) {
    if (parameter.path() == "epoch_count") {
      return absl::InvalidArgumentError(
          "search: epoch_count is what halving decides on: expected it to be no parameter; set it "
          "for the whole sweep, or leave halving out");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCounts(const v1::CreateSweepRequest& request, const Limits& limits) {
  if (static_cast<int>(request.request_id().size()) > kRequestIdBytesMax) {
    return Expected("request_id", absl::StrCat("at most ", kRequestIdBytesMax, " bytes"),
                    static_cast<int>(request.request_id().size()));
  }
  if (request.parallelism() < 0 || request.parallelism() > limits.queued_runs_max) {
    return Expected("parallelism", absl::StrCat("0 to ", limits.queued_runs_max),
                    request.parallelism());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Sweep> MakeSweep(const v1::CreateSweepRequest& request,
                                    const RecipeCatalog& catalog, const Limits& limits) {
  RETURN_IF_ERROR(CheckCounts(request, limits));
  v1::Sweep sweep;
  ASSIGN_OR_RETURN(*sweep.mutable_recipe(), ResolveRecipe(request, catalog, limits));
  *sweep.mutable_execution() = request.execution();
  if (request.execution().publish() == v1::PUBLISH_POLICY_UNSPECIFIED) {
    sweep.mutable_execution()->set_publish(v1::PUBLISH_POLICY_MANUAL);
  }
  *sweep.mutable_search() = request.search();
  sweep.set_parallelism(request.parallelism() == 0 ? limits.sweep_parallelism_default
                                                   : request.parallelism());
  sweep.set_publish_best(request.publish_best());
  sweep.set_request_id(request.request_id());
  sweep.set_state(v1::SWEEP_STATE_RUNNING);
  ASSIGN_OR_RETURN(const std::vector<v1::SweepPoint> points,
                   ListPoints(request.search(), limits.sweep_points_max));
  sweep.mutable_points()->Add(points.begin(), points.end());
  if (sweep.search().has_halving()) RETURN_IF_ERROR(CheckHalving(sweep));
  for (const v1::SweepPoint& point : sweep.points()) {
    RETURN_IF_ERROR(PointRecipe(sweep, point).status());
  }
  CountPoints(sweep);
  return sweep;
}

absl::StatusOr<v1::Recipe> PointRecipe(const v1::Sweep& sweep, const v1::SweepPoint& point) {
  v1::Recipe recipe = sweep.recipe();
  absl::Status status;
  for (const v1::FieldValue& parameter : point.parameters()) {
    if (status.ok()) status = ApplyOverride(parameter.path(), parameter.value(), recipe);
  }
  if (status.ok()) status = ValidateRecipe(recipe);
  if (status.ok()) return recipe;
  return absl::Status(status.code(), absl::StrCat("point ", point.number(), " (",
                                                  ParametersText(point), "): ", status.message()));
}

v1::StartTrainingRequest PointRequest(const v1::Sweep& sweep, const v1::SweepPoint& point) {
  v1::StartTrainingRequest request;
  *request.mutable_recipe() = sweep.recipe();
  for (const v1::FieldValue& parameter : point.parameters()) {
    v1::Override& change = *request.add_overrides();
    change.set_path(parameter.path());
    change.set_value(parameter.value());
  }
  *request.mutable_execution() = sweep.execution();
  request.set_request_id(
      absl::StrCat("sweep/", sweep.id(), "/", point.number(), "/", point.run_count() + 1));
  return request;
}

SweepOrigin PointOrigin(const v1::Sweep& sweep, const v1::SweepPoint& point) {
  SweepOrigin origin;
  origin.sweep_id = sweep.id();
  origin.point = point.number();
  origin.parameters.assign(point.parameters().begin(), point.parameters().end());
  origin.pause_after_epoch = PauseAfterEpoch(sweep, point);
  return origin;
}

int PauseAfterEpoch(const v1::Sweep& sweep, const v1::SweepPoint& point) {
  const std::vector<int> epochs = RungEpochs(sweep);
  const size_t rung = static_cast<size_t>(point.rung());
  return rung + 1 < epochs.size() ? epochs[rung] : 0;
}

std::string ParametersText(const v1::SweepPoint& point) {
  return absl::StrJoin(point.parameters(), " ",
                       [](std::string* out, const v1::FieldValue& parameter) {
                         absl::StrAppend(out, parameter.path(), "=", parameter.value());
                       });
}

std::string RequestDigest(const v1::CreateSweepRequest& request) {
  const std::string bytes = request.SerializeAsString();
  return absl::StrFormat("%016x-%d", Fingerprint(bytes), bytes.size());
}

}  // namespace traind
