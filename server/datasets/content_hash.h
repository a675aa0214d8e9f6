#ifndef TRAIND_SERVER_DATASETS_CONTENT_HASH_H_
#define TRAIND_SERVER_DATASETS_CONTENT_HASH_H_

#include <string>

#include "server/datasets/split.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// SHA-256 of a split's shape, rows, labels and targets, 64 hexadecimal digits. The same
// for the same content, whatever file it came from.
std::string SplitSha256(const Split& split);

// SHA-256 of a dataset: of its splits' names and SHA-256, and of the names of classes,
// features and targets. The dataset's own name and times do not count.
std::string DatasetSha256(const v1::Dataset& dataset);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_CONTENT_HASH_H_
