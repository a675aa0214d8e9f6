#include "server/torch/train/batch_norm_recalibration.h"

#include <algorithm>

namespace traind {

void RecalibrateBatchNorms(const Network& network, const DataFeed& feed, int64_t batch_count) {
  const at::NoGradGuard no_grad;
  const int64_t rows = feed.batch_size();
  const int64_t count = std::min(batch_count, feed.row_count() / rows);
  for (int64_t i = 0; i < count; ++i) {
    ForwardContext context;
    // The i-th value of a running mean over all of them; the first leaves nothing of what was.
    context.batch_norm_share = 1.0 / static_cast<double>(i + 1);
    network.Forward(feed.Gather(feed.order().narrow(0, i * rows, rows)).images, context);
  }
}

}  // namespace traind
