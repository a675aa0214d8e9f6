#ifndef TRAIND_CLIENT_TRAINCTL_RUN_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_TEXT_H_

#include <string>

#include "absl/time/time.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Everything about a run, for people: state, times, figures, attempts, error
// and the recipe as textproto. `now` is for ages.
std::string RunText(const v1::Run& run, absl::Time now);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_TEXT_H_
