#ifndef TRAIND_CLIENT_TRAINCTL_RUN_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_TEXT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Everything about a run, for people: state, times, figures, attempts, error,
// the changes of its state, of which `transitions` are the events, and the
// recipe as textproto. `now` is for ages.
std::string RunText(const v1::Run& run, const std::vector<v1::Event>& transitions, absl::Time now);

// How long it has run, or ran until its end; empty for one that has not started.
std::string TookText(const v1::Run& run, absl::Time now);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_TEXT_H_
