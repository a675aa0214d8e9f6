#ifndef TRAIND_SERVER_OIP_MODEL_METADATA_H_
#define TRAIND_SERVER_OIP_MODEL_METADATA_H_

#include <cstdint>

#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "server/base/limits.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Tensors of `version`, shapes with their rows as -1; `versions` are the numbers of
// all versions that the model has.
inference::ModelMetadataResponse DescribeModel(const v1::ModelVersion& version,
                                               absl::Span<const int64_t> versions);

// How `version` is served: batches of at most Limits::predict_rows_max rows, which
// `executor_count` executors run on CPU. Shapes are without the rows. Where the classes have
// names, the parameter `class_names` is a JSON array of them, by number.
inference::ModelConfigResponse DescribeConfig(const v1::ModelVersion& version, const Limits& limits,
                                              int executor_count);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_MODEL_METADATA_H_
