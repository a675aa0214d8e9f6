#ifndef TRAIND_SERVER_WORKER_LINK_EPOCH_LOGGER_H_
#define TRAIND_SERVER_WORKER_LINK_EPOCH_LOGGER_H_

#include <functional>
#include <utility>

#include "server/runs/training_reporter.h"

namespace traind {

// Passes reports on, and has each finished epoch and each message logged, never a
// step. As thread-safe as what it passes them on to.
class EpochLogger : public TrainingReporter {
 public:
  // `next` must outlive the logger. `log` gets the event, an EpochFinished or a
  // Message.
  EpochLogger(TrainingReporter& next, std::function<void(const v1::Event&)> log)
      : next_(next), log_(std::move(log)) {}

  void Report(v1::Event event) override;
  void ReportProgress(const v1::Progress& progress) override { next_.ReportProgress(progress); }
  absl::Status Flush() override { return next_.Flush(); }

 private:
  TrainingReporter& next_;
  const std::function<void(const v1::Event&)> log_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_EPOCH_LOGGER_H_
