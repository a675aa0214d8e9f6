#include "server/base/mutex_checks.h"

#include "absl/synchronization/mutex.h"

namespace traind {

void LeaveOutMutexChecks() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

}  // namespace traind
