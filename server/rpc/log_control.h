#ifndef TRAIND_SERVER_RPC_LOG_CONTROL_H_
#define TRAIND_SERVER_RPC_LOG_CONTROL_H_

#include "traind/v1/server_service.pb.h"

namespace traind {

// The log of the server, as far as clients can turn it up and down. Thread-safe.
class LogControl {
 public:
  virtual ~LogControl() = default;

  // The least level that is written; never LOG_LEVEL_UNSPECIFIED.
  virtual v1::LogLevel level() const = 0;
  virtual void SetLevel(v1::LogLevel level) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_LOG_CONTROL_H_
