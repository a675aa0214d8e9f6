#include "server/fused/fused_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/fused/fused_planner.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/recipes/row_shape.h"

namespace traind {

int FusedPlan::ReaderOf(int stage) const {
  int reader = stage + 1;
  while (stages[reader].source != stage && stages[reader].addend != stage) ++reader;
  return reader;
}

int64_t FusedPlan::sample_bytes() const {
  int64_t values = 0;
  for (const FusedStage& stage : stages) {
    values += 2 * stage.out_values() + 2 * stage.in_stride();
  }
  return values * static_cast<int64_t>(sizeof(float));
}

absl::StatusOr<FusedPlan> PlanFused(const v1::Network& network) {
  if (RowShape(network.input()).size() != 3) {
    return absl::UnimplementedError(
        absl::StrCat("network.input: expected channels, height and width of an image, got ",
                     ShapeText(RowShape(network.input()))));
  }
  FusedPlanner planner(network.input());
  RETURN_IF_ERROR(planner.TakeAll(network.layers(), {"network.layers", ""}));
  absl::StatusOr<FusedPlan> plan = std::move(planner).Finish();
  if (plan.ok() || network.layers_size() == 0) return plan;
  const int last = network.layers_size() - 1;
  return absl::Status(plan.status().code(), absl::StrCat("network.layers[", last, "] (",
                                                         LayerKindName(network.layers(last)),
                                                         "): ", plan.status().message()));
}

}  // namespace traind
