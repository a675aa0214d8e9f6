#ifndef TRAIND_SERVER_PROCESS_LOG_CONTROL_H_
#define TRAIND_SERVER_PROCESS_LOG_CONTROL_H_

#include "server/rpc/log_control.h"

namespace traind {

// The process's own log (logging.h). Thread-safe.
class ProcessLogControl final : public LogControl {
 public:
  v1::LogLevel level() const override;
  // Says so in the log.
  void SetLevel(v1::LogLevel level) override;
};

}  // namespace traind

#endif  // TRAIND_SERVER_PROCESS_LOG_CONTROL_H_
