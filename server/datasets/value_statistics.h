#ifndef TRAIND_SERVER_DATASETS_VALUE_STATISTICS_H_
#define TRAIND_SERVER_DATASETS_VALUE_STATISTICS_H_

#include <vector>

#include "server/datasets/split.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// Mean, standard deviation (over N, not N - 1), minimum and maximum of each channel, or of
// each feature, over all rows of a split; of pixel/255 for pixels. A split has rows.
std::vector<v1::ValueStatistics> InputStatistics(const Split& split);

// The same of each target.
std::vector<v1::ValueStatistics> TargetStatistics(const Split& split);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_VALUE_STATISTICS_H_
