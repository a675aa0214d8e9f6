#ifndef TRAIND_SERVER_WORKERS_INSPECT_PROCESS_H_
#define TRAIND_SERVER_WORKERS_INSPECT_PROCESS_H_

#include <stop_token>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "server/modules/module_inspector.h"

namespace traind {

// Tries modules in processes of their own, `<worker_binary> --inspect-module FOLDER`: their
// code must not run in the server. Thread-safe.
class InspectProcess : public ModuleInspector {
 public:
  InspectProcess(std::string worker_binary, absl::Duration timeout)
      : worker_binary_(std::move(worker_binary)), timeout_(timeout) {}
  ~InspectProcess() override { Shutdown(); }

  // UNAVAILABLE once shut down.
  absl::Status Inspect(const std::string& folder) override;

  // Ends what is being tried, and all that is asked for later.
  void Shutdown() { stop_.request_stop(); }

 private:
  const std::string worker_binary_;
  const absl::Duration timeout_;
  std::stop_source stop_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_INSPECT_PROCESS_H_
