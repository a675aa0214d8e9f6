#ifndef TRAIND_SERVER_DATASETS_DATASET_DESCRIPTION_H_
#define TRAIND_SERVER_DATASETS_DATASET_DESCRIPTION_H_

#include <string>

#include "server/datasets/dataset_content.h"
#include "server/datasets/split.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// Shape, statistics and SHA-256 of a split with at least one row.
v1::DatasetSplit DescribeSplit(const std::string& name, const Split& split);

// Everything that is to be said of a dataset but its size on disk and its time.
v1::Dataset DescribeDataset(const std::string& name, const DatasetContent& content);

// The shape that a description tells; class_count is the number of its classes.
SplitShape ShapeOf(const v1::DatasetSplit& split);

// How the API calls an element type.
v1::DataType ToDataType(ElementType type);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_DESCRIPTION_H_
