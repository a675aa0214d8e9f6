#ifndef TRAIND_SERVER_RUNS_LOST_ATTEMPTS_H_
#define TRAIND_SERVER_RUNS_LOST_ATTEMPTS_H_

#include <algorithm>

#include "traind/v1/run.pb.h"

namespace traind {

// How many of the run's attempts have lost their worker.
inline int LostAttempts(const v1::Run& run) {
  return static_cast<int>(std::count_if(run.attempts().begin(), run.attempts().end(),
                                        [](const v1::Attempt& attempt) { return attempt.lost(); }));
}

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_LOST_ATTEMPTS_H_
