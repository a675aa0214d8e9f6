#ifndef TRAIND_SERVER_TORCH_TRAIN_EPOCH_STATE_H_
#define TRAIND_SERVER_TORCH_TRAIN_EPOCH_STATE_H_

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/train/early_stop.h"
#include "server/torch/train/learning_rate.h"

namespace traind {

// Saves what finished epochs have made of the learning rate and of early stopping:
// nothing where the recipe has neither a plateau nor early_stopping.
void SaveEpochState(const LearningRate& learning_rate, const EarlyStop& early_stop,
                    StateTensors& state);

// Goes on from there. DATA_LOSS.
absl::Status LoadEpochState(StateTensors& state, LearningRate& learning_rate,
                            EarlyStop& early_stop);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_EPOCH_STATE_H_
