#ifndef TRAIND_CLIENT_RUN_LISTENER_H_
#define TRAIND_CLIENT_RUN_LISTENER_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Gets what happens in a run that is being followed. All calls come on the
// thread that follows, one after another; they may block, which slows the
// stream and nothing else.
class RunListener {
 public:
  virtual ~RunListener() = default;

  // An event: each exactly once, in order of its sequence.
  virtual void OnEvent(const v1::Event& event) = 0;
  // The newest progress of the running epoch, when it was asked for.
  virtual void OnProgress(const v1::Progress& progress) {}
  // The connection is lost with `reason`; the next try is in `delay`.
  virtual void OnReconnect(const absl::Status& reason, absl::Duration delay) {}
};

}  // namespace traind

#endif  // TRAIND_CLIENT_RUN_LISTENER_H_
