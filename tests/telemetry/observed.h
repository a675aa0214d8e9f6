#ifndef TRAIND_TESTS_TELEMETRY_OBSERVED_H_
#define TRAIND_TESTS_TELEMETRY_OBSERVED_H_

#include <string>

#include "server/telemetry/metrics.h"
#include "traind/v1/run.pb.h"

namespace traind {

// What the core would tell Metrics, made up.

// A run of 20 epochs in batches of 64, queued at 1000 s and not tried yet.
v1::Run ObservedRun(const std::string& id, const std::string& model = "s4");

// The run is in another state since `seconds`, on the server's word.
void ChangeState(v1::Run& run, v1::RunState to, Metrics& metrics, int64_t seconds = 1000);

// A worker's report of an epoch of 938 steps: last loss 0.25, evaluation loss
// 0.125, 45000 of 60000 and 9900 of 10000 right, 9.38 s of which 1.5 s waiting.
v1::Event EpochFinishedEvent(int epoch);
// One of 10 ms and 1 MB.
v1::Event CheckpointEvent(int epoch);
// Loss 0.5 at learning rate 0.01.
v1::Event TrainStepEvent(int epoch);
// Loss 0.5 after so many of 938 steps.
v1::Progress ProgressAt(int epoch, int64_t step_in_epoch);

// Lets the run do all that has series, and leaves it running.
void WorkThrough(v1::Run& run, Metrics& metrics);

// A Predict of 10 rows: 30 us of waiting, 140 us of computing, 180 us in all.
PredictOutcome ObservedPredict(const std::string& model = "s4", int64_t version = 7);

// A version of 1,000 bytes that became READY after 80 ms.
ModelPool::Status ObservedLoad(const std::string& model = "s4", int64_t version = 7);

// The page as Prometheus gets it.
std::string PageText(const Metrics& metrics);

}  // namespace traind

#endif  // TRAIND_TESTS_TELEMETRY_OBSERVED_H_
