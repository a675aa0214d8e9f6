#ifndef TRAIND_SERVER_DATASETS_DATASET_CONTENT_H_
#define TRAIND_SERVER_DATASETS_DATASET_CONTENT_H_

#include <map>
#include <string>
#include <vector>

#include "server/datasets/split.h"

namespace traind {

// A whole dataset in memory. Its splits have one row shape, one element type, one number
// of targets and one number of classes.
struct DatasetContent {
  std::map<std::string, Split> splits;  // by name
  // By label; empty when classes have only numbers.
  std::vector<std::string> class_names;
  // Of a table; empty otherwise.
  std::vector<std::string> feature_names;
  std::vector<std::string> target_names;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_CONTENT_H_
