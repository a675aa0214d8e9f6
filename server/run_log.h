#ifndef TRAIND_SERVER_RUN_LOG_H_
#define TRAIND_SERVER_RUN_LOG_H_

#include <atomic>

#include "server/runs/run_observer.h"

namespace traind {

// Writes runs to the server's log: one line per state change, epoch, published
// model and message. Never per step. Thread-safe.
class RunLog final : public RunObserver {
 public:
  // Silent before: what happens while the server starts is not logged, so that
  // the chosen addresses are its first line.
  void Begin() { begun_ = true; }

  void OnEvent(const v1::Run& run, const v1::Event& event) override;
  void OnProgress(const v1::Run& run, const v1::Progress& progress) override {}
  // What ended it is the reason of the change of state.
  void OnAttemptEnded(const v1::Run& run, AttemptEnd end) override {}
  void OnDeleted(absl::string_view run_id) override;

 private:
  std::atomic<bool> begun_ = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUN_LOG_H_
