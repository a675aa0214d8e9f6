#ifndef TRAIND_SERVER_SERVING_EXECUTOR_H_
#define TRAIND_SERVER_SERVING_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/serving/execution_cost.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Where the time of an execution went.
struct ComputeTimes {
  absl::Duration input;   // joining the requests' rows, and their way to the device
  absl::Duration infer;   // the network
  absl::Duration output;  // the way back
};

// What a classifier says about a batch.
struct Prediction {
  int64_t row_count = 0;
  int64_t class_count = 0;
  std::vector<int64_t> classes;      // [N], the largest logit
  std::vector<float> logits;         // [N, K]
  std::vector<float> probabilities;  // [N, K], softmax of the logits
  ComputeTimes times;                // of the whole batch
};

// One loaded model version, ready to run. Thread-safe: weights are read only.
// Only executor threads call it, never gRPC's own, unless it runs on any: memory grows
// with every thread that runs torch.
class Executor {
 public:
  virtual ~Executor() = default;

  // Runs a batch: `inputs` hold, one after the other, row_count rows of the
  // signature's input, FP32 little-endian, already checked. INTERNAL: a fault of the
  // tensor library.
  virtual absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                         int64_t row_count) = 0;

  // Whether any thread may call Run: it computes without the tensor library, and never waits.
  virtual bool runs_on_any_thread() const { return false; }

  // What its weights occupy.
  virtual int64_t memory_bytes() const = 0;

  // What whoever runs it has learned of its times.
  ExecutionCost& cost() { return cost_; }

 private:
  ExecutionCost cost_;
};

// Loads versions. Thread-safe.
class ExecutorLoader {
 public:
  virtual ~ExecutorLoader() = default;

  // Loads a version whose files lie in `directory`. DATA_LOSS names a file that
  // is absent or does not match its manifest.
  virtual absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                         const std::string& directory) = 0;

  // Where what it loads runs: `cpu`, or `cuda:N`.
  virtual std::string device() const { return "cpu"; }
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_EXECUTOR_H_
