#include "server/torch/train/best_epoch.h"

#include <cmath>
#include <limits>

namespace traind {

bool BestEpoch::Offer(const v1::EpochFinished& epoch) {
  double score = metric_ == v1::SELECTION_METRIC_LOSS
                     ? -epoch.eval_loss()
                     : static_cast<double>(epoch.eval_correct_count());
  if (std::isnan(score)) score = -std::numeric_limits<double>::infinity();
  if (best_score_ && score < *best_score_) return false;
  best_score_ = score;
  return true;
}

}  // namespace traind
