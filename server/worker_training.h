#ifndef TRAIND_SERVER_WORKER_TRAINING_H_
#define TRAIND_SERVER_WORKER_TRAINING_H_

#include <stop_token>

#include "server/runs/training_reporter.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {

// Does what an assignment says, on the calling thread: reads the splits, trains,
// writes checkpoints, and says how it ended. Failures before the training: class
// USER for a dataset that is absent, damaged or not the one that the recipe means, RESOURCE for a
// full disk, else SYSTEM; the rest as Train says.
worker::v1::Finished RunAssignment(const worker::v1::Assignment& assignment,
                                   TrainingReporter& reporter, std::stop_token stop);

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_TRAINING_H_
