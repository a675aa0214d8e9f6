#ifndef TRAIND_SERVER_SERVING_VERSION_STATISTICS_H_
#define TRAIND_SERVER_SERVING_VERSION_STATISTICS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"

namespace traind {

// How often something was done, and how long all of it took together.
struct DurationCount {
  int64_t count = 0;
  absl::Duration total;
};

// The parts of an execution, once per batch.
struct ComputeStatistics {
  DurationCount input;   // joining the requests' rows
  DurationCount infer;   // the network
  DurationCount output;  // giving each request its rows
};

// What one version has done since the server's start. Nothing in it ever falls.
struct VersionStatistics {
  std::string model;
  int64_t version = 0;
  absl::Time last_inference = absl::InfinitePast();  // InfinitePast: none yet
  int64_t row_count = 0;                             // of requests that succeeded
  int64_t execution_count = 0;                       // batches
  // Each request counts once: from its arrival to its answer.
  DurationCount success;
  DurationCount failure;
  // The same for its wait, and for its parts of the batch that it was in.
  DurationCount queue;
  ComputeStatistics compute;
  // By rows of the batch; at most Limits::predict_rows_max entries.
  std::map<int64_t, ComputeStatistics> batches;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_VERSION_STATISTICS_H_
