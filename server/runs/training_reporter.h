#ifndef TRAIND_SERVER_RUNS_TRAINING_REPORTER_H_
#define TRAIND_SERVER_RUNS_TRAINING_REPORTER_H_

#include "absl/status/status.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Where a training says what happens. Called from the training thread: a report
// returns at once, never blocks on I/O, never fails the training.
class TrainingReporter {
 public:
  virtual ~TrainingReporter() = default;

  // A fact to be stored. Only the payload is set; whoever stores it numbers it.
  virtual void Report(v1::Event event) = 0;

  // The newest state of the running epoch; only the latest one matters.
  virtual void ReportProgress(const v1::Progress& progress) = 0;

  // Waits until every fact reported so far is stored. UNAVAILABLE when that will
  // not happen: the attempt is lost then.
  virtual absl::Status Flush() = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_TRAINING_REPORTER_H_
