#ifndef TRAIND_SERVER_TORCH_TRAIN_TRAINER_H_
#define TRAIND_SERVER_TORCH_TRAIN_TRAINER_H_

#include <stop_token>
#include <string>

#include "server/datasets/split.h"
#include "server/runs/checkpoint_store.h"
#include "server/runs/trace_store.h"
#include "server/runs/training_reporter.h"
#include "server/torch/train/checkpoint_pace.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {

// What to train and where. The splits belong to the caller and must outlive the
// training.
struct TrainingJob {
  v1::Recipe recipe;        // valid, see ValidateRecipe
  v1::Execution execution;  // device `auto` and 0 threads are resolved here
  const Split& train_split;
  const Split& eval_split;
  TraceStore* trace = nullptr;  // where the trace goes; needed with execution.trace
  // Stops once so many epochs are finished, with a checkpoint; 0: never.
  int stop_after_epoch = 0;
  // Of checkpoints after epochs; as it is, each is written at once.
  CheckpointPace checkpoint_pace{};
  std::string initial_weights_path = {};  // of the recipe's initial weights, if it has any
  // The file of the recipe's module, as its SHA-256 vouches for; empty without one.
  std::string module_path = {};
};

// Trains to the end, until early_stopping is due, to a failure or until asked to stop, on
// the calling thread, and says how it ended. Never throws. Sets the process's threads, precision
// and memory policy to suit the training: one training at a time in its process, or several on
// the CPU with one thread each.
//
// Reports, in order: EpochStarted; TrainStep at step 1 and every log_every_steps
// steps; EpochFinished after the evaluation; CheckpointWritten. Progress at most
// ten times a second. With execution.trace a row for each step goes to job.trace; a checkpoint
// is written once the rows of the steps before it are durable. Checkpoints hold
// `training.safetensors` and `training.json`, and after an epoch `model.safetensors` (the weights
// that were evaluated) and `manifest.json`.
//
// Goes on from the newest whole checkpoint in `store` and then gives the weights and
// metric events, bit for bit, of a training that was never stopped. A stop is seen
// between steps and leaves a checkpoint. Failures:
// class USER for initial weights that do not fit, a loss that is not finite (with its step), data
// that does not fit the recipe, a device that is not there; RESOURCE when memory or disk ran out;
// SYSTEM for any other fault. The same recipe, execution and thread count on the
// same kind of machine give the same weights, bit for bit.
worker::v1::Finished Train(const TrainingJob& job, TrainingReporter& reporter,
                           CheckpointStore& store, std::stop_token stop);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TRAINER_H_
