#ifndef TRAIND_SERVER_SERVING_SAMPLE_CHECK_H_
#define TRAIND_SERVER_SERVING_SAMPLE_CHECK_H_

#include "absl/status/status.h"
#include "server/serving/executor.h"
#include "traind/v1/model.pb.h"

namespace traind {

// How far an answer may be from the recorded one, by the largest recorded logit: other
// kernels, devices and TF32 round differently; weights of another network are far off.
inline constexpr float kSampleTolerance = 1e-2F;

// OK when the executor answers the sample's row as it is recorded. FAILED_PRECONDITION
// with the largest difference, DATA_LOSS for a sample that is none, else the executor's
// error. To be called on a thread that may run executors.
absl::Status CheckSample(const v1::ModelSample& sample, Executor& executor);

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_SAMPLE_CHECK_H_
