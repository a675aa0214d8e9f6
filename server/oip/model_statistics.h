#ifndef TRAIND_SERVER_OIP_MODEL_STATISTICS_H_
#define TRAIND_SERVER_OIP_MODEL_STATISTICS_H_

#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "server/serving/version_statistics.h"

namespace traind {

// The counters of `versions`, in their order.
inference::ModelStatisticsResponse DescribeStatistics(absl::Span<const VersionStatistics> versions);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_MODEL_STATISTICS_H_
