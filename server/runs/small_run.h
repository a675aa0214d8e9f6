#ifndef TRAIND_SERVER_RUNS_SMALL_RUN_H_
#define TRAIND_SERVER_RUNS_SMALL_RUN_H_

#include <cstdint>

#include "server/base/limits.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Whether a run is small enough to share a worker process with others: on a CPU by one
// thread (or as many as the server likes), in FP32, step by step, not a module, and with at most
// Limits::shared_epoch_work_max multiply-accumulates in an epoch, a forward pass over
// `row_count` rows. `execution` as it was asked for, with its device resolved. Requires
// a valid recipe. Pure.
bool FitsSharedWorker(const v1::Recipe& recipe, const v1::Execution& execution, int64_t row_count,
                      const Limits& limits);

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_SMALL_RUN_H_
