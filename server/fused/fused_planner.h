#ifndef TRAIND_SERVER_FUSED_FUSED_PLANNER_H_
#define TRAIND_SERVER_FUSED_FUSED_PLANNER_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"
#include "server/fused/fused_plan.h"
#include "server/recipes/layer_arithmetic.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Takes a network's layers one after another and cuts them into stages. What follows a
// stage is first collected in an inlet, which then belongs to who reads the stage. What
// fits no inlet, as two poolings in a row, becomes a stage of its own.
class FusedPlanner {
 public:
  explicit FusedPlanner(const v1::InputShape& input);

  using Layers = google::protobuf::RepeatedPtrField<v1::Layer>;
  // Where layers stand: their field in the recipe, and in the names of their tensors.
  struct Place {
    std::string field;    // `network.layers`
    std::string tensors;  // empty, or `3.layers.`
  };

  // Errors as PlanFused's.
  absl::Status TakeAll(const Layers& layers, const Place& place);

  // Once all are taken. UNIMPLEMENTED where the last one gives no logits.
  absl::StatusOr<FusedPlan> Finish() &&;

 private:
  // What the layers so far give: the output of a stage through an inlet.
  struct Flow {
    int source = -1;  // -1: the image
    FusedInlet inlet;
    int channels = 0;
    int height = 0;
    int width = 0;
    FeatureMap map;  // the same as the recipe has it: flat, or not
  };

  absl::Status TakeKind(const std::string& path, const v1::Layer& layer);
  absl::Status TakeConv(const std::string& path, const v1::Conv2d& conv);
  void TakeLinear(const std::string& path, const v1::Linear& linear);
  void TakeRelu();
  void TakeBatchNorm(const std::string& path, const v1::BatchNorm2d& options);
  absl::Status TakeMaxPool(const v1::MaxPool2d& pool);
  void TakeGlobalAverage();
  void TakeDropout(double probability);
  absl::Status TakeResidual(const Place& place, const v1::Residual& residual);

  // The stage that the flow comes from; not for the image.
  FusedStage& Below() { return plan_.stages[flow_.source]; }
  bool FromImage() const { return flow_.source < 0; }
  // Whether what comes next may still become part of the stage below.
  bool MayChangeBelow() { return !FromImage() && !Below().shared; }
  // Whether the inlet can pool next.
  bool MayPool() const {
    return !FromImage() && flow_.inlet.pool == FusedInlet::Pool::kNone && flow_.inlet.drop == 0;
  }

  // A stage that reads the flow, with its sizes.
  FusedStage Reader(FusedStage::Kind kind, const std::string& path) const;
  // Makes it the flow's source.
  void Add(const FusedStage& stage);
  // Makes what the inlet gives a stage's output.
  void AddMap();
  // Of each stage, once all are known.
  void MarkGradients();

  Flow flow_;
  FusedPlan plan_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_FUSED_PLANNER_H_
