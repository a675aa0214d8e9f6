#ifndef TRAIND_SERVER_SWEEPS_SWEEP_REQUEST_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/recipes/recipe_catalog.h"
#include "server/runs/sweep_origin.h"
#include "traind/v1/sweep.pb.h"
#include "traind/v1/sweep_service.pb.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// The sweep that a request asks for, with its points, RUNNING, without id and times.
// NOT_FOUND for an unknown recipe; INVALID_ARGUMENT names the first bad field.
absl::StatusOr<v1::Sweep> MakeSweep(const v1::CreateSweepRequest& request,
                                    const RecipeCatalog& catalog, const Limits& limits);

// The recipe of a point, validated. INVALID_ARGUMENT names the point and the field.
absl::StatusOr<v1::Recipe> PointRecipe(const v1::Sweep& sweep, const v1::SweepPoint& point);

// What starts the point's next run. It has a request_id of its own, so that asking
// twice starts one run.
v1::StartTrainingRequest PointRequest(const v1::Sweep& sweep, const v1::SweepPoint& point);
SweepOrigin PointOrigin(const v1::Sweep& sweep, const v1::SweepPoint& point);

// The epoch after which the point's run is paused; 0 when it goes on to its end.
int PauseAfterEpoch(const v1::Sweep& sweep, const v1::SweepPoint& point);

// `a=1 b=2`, for people.
std::string ParametersText(const v1::SweepPoint& point);

// Of the request; equal requests have equal ones.
std::string RequestDigest(const v1::CreateSweepRequest& request);

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_REQUEST_H_
