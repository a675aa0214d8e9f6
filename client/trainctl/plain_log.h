#ifndef TRAIND_CLIENT_TRAINCTL_PLAIN_LOG_H_
#define TRAIND_CLIENT_TRAINCTL_PLAIN_LOG_H_

#include <ostream>

#include "client/run_listener.h"

namespace traind {

// The training log for files and pipes: on `out` per epoch its header, one full
// bar and the test line, with a blank line between epochs; everything else
// about the run goes to `notes`. Used by one thread.
class PlainLog final : public RunListener {
 public:
  PlainLog(std::ostream& out, std::ostream& notes) : out_(out), notes_(notes) {}

  void OnEvent(const v1::Event& event) override;
  void OnReconnect(const absl::Status& reason, absl::Duration delay) override;

 private:
  void PrintHeader(int epoch);

  std::ostream& out_;
  std::ostream& notes_;
  int headed_epoch_ = 0;  // whose header was printed last
  bool lost_ = false;     // an outage is told once
};

// What a log says when the connection is lost.
inline constexpr char kLostNote[] =
    "connection lost; trying to reconnect (the run goes on without it)";

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PLAIN_LOG_H_
