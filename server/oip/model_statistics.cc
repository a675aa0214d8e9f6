#include "server/oip/model_statistics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

void Set(const DurationCount& from, inference::StatisticDuration& to) {
  to.set_count(static_cast<uint64_t>(from.count));
  to.set_ns(static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Nanoseconds(from.total))));
}

// For InferStatistics and InferBatchStatistics, which name these fields alike.
template <typename Statistics>
void SetCompute(const ComputeStatistics& from, Statistics& to) {
  Set(from.input, *to.mutable_compute_input());
  Set(from.infer, *to.mutable_compute_infer());
  Set(from.output, *to.mutable_compute_output());
}

}  // namespace

inference::ModelStatisticsResponse DescribeStatistics(
    absl::Span<const VersionStatistics> versions) {
  inference::ModelStatisticsResponse response;
  for (const VersionStatistics& version : versions) {
    inference::ModelStatistics& model = *response.add_model_stats();
    model.set_name(version.model);
    model.set_version(absl::StrCat(version.version));
    if (version.last_inference != absl::InfinitePast()) {
      model.set_last_inference(static_cast<uint64_t>(absl::ToUnixMillis(version.last_inference)));
    }
    model.set_inference_count(static_cast<uint64_t>(version.row_count));
    model.set_execution_count(static_cast<uint64_t>(version.execution_count));
    inference::InferStatistics& requests = *model.mutable_inference_stats();
    Set(version.success, *requests.mutable_success());
    Set(version.failure, *requests.mutable_fail());
    Set(version.queue, *requests.mutable_queue());
    SetCompute(version.compute, requests);
    for (const auto& [rows, compute] : version.batches) {
      inference::InferBatchStatistics& batch = *model.add_batch_stats();
      batch.set_batch_size(static_cast<uint64_t>(rows));
      SetCompute(compute, batch);
    }
  }
  return response;
}

}  // namespace traind
