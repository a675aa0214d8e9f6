#include "server/torch/checkpoint/checkpoint_retention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "server/recipes/selection_value.h"

namespace traind {
namespace {

size_t AtLeastOne(int count) { return static_cast<size_t>(std::max(count, 1)); }

}  // namespace

double EpochScore(const v1::Selection& selection, const v1::EpochFinished& epoch) {
  // Of accuracy the count, as in the records of older builds.
  const double score = LargerIsBetter(selection) ? static_cast<double>(epoch.eval_correct_count())
                                                 : -SelectionValue(selection, epoch);
  return std::isnan(score) ? -std::numeric_limits<double>::infinity() : score;
}

bool IsBest(double score, const std::vector<KeptCheckpoint>& kept) {
  return std::none_of(kept.begin(), kept.end(), [score](const KeptCheckpoint& checkpoint) {
    return checkpoint.score && *checkpoint.score > score;
  });
}

std::vector<KeptCheckpoint> Retain(const std::vector<KeptCheckpoint>& checkpoints,
                                   const v1::CheckpointPolicy& policy) {
  std::vector<KeptCheckpoint> by_score;
  for (const KeptCheckpoint& checkpoint : checkpoints) {
    if (checkpoint.score) by_score.push_back(checkpoint);
  }
  std::sort(by_score.begin(), by_score.end(), [](const auto& a, const auto& b) {
    return *a.score != *b.score ? *a.score > *b.score : a.step > b.step;
  });
  std::set<int64_t> steps;
  for (size_t i = 0; i < std::min(AtLeastOne(policy.keep_best()), by_score.size()); ++i) {
    steps.insert(by_score[i].step);
  }
  const size_t newest = std::min(AtLeastOne(policy.keep_last()), checkpoints.size());
  for (size_t i = checkpoints.size() - newest; i < checkpoints.size(); ++i) {
    steps.insert(checkpoints[i].step);
  }
  std::vector<KeptCheckpoint> retained;
  for (const KeptCheckpoint& checkpoint : checkpoints) {
    if (steps.count(checkpoint.step) > 0) retained.push_back(checkpoint);
  }
  return retained;
}

}  // namespace traind
