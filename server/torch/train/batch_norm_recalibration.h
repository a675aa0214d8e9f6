#ifndef TRAIND_SERVER_TORCH_TRAIN_BATCH_NORM_RECALIBRATION_H_
#define TRAIND_SERVER_TORCH_TRAIN_BATCH_NORM_RECALIBRATION_H_

#include <cstdint>

#include "server/torch/nn/network.h"
#include "server/torch/train/data_feed.h"

namespace traind {

// Measures the running statistics of batch norms anew, with the network's weights as they
// are: the mean over the first `batch_count` whole batches of the feed's epoch, or as many
// as it has, as torch.optim.swa_utils.update_bn takes it, though dropout stays off as in
// an evaluation. Throws c10::Error.
void RecalibrateBatchNorms(const Network& network, const DataFeed& feed, int64_t batch_count);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_BATCH_NORM_RECALIBRATION_H_
