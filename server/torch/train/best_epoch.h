#ifndef TRAIND_SERVER_TORCH_TRAIN_BEST_EPOCH_H_
#define TRAIND_SERVER_TORCH_TRAIN_BEST_EPOCH_H_

#include <optional>

#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Remembers the best epoch of a run by the recipe's selection.
class BestEpoch {
 public:
  explicit BestEpoch(const v1::Selection& selection) : metric_(selection.metric()) {}

  // True when this epoch is the best so far. On a tie the later epoch wins; a
  // loss that is not a number never beats one that is.
  bool Offer(const v1::EpochFinished& epoch);

 private:
  v1::SelectionMetric metric_;
  std::optional<double> best_score_;  // larger is better
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_BEST_EPOCH_H_
