#ifndef TRAIND_TESTS_TELEMETRY_FULL_PAGE_H_
#define TRAIND_TESTS_TELEMETRY_FULL_PAGE_H_

#include <memory>

#include "server/telemetry/metrics.h"

namespace traind {

// Metrics on which every observer has been driven so far that every family has
// series: so many runs at work with all of theirs and a worker each, and so many
// versions that answer Predict. `clock` must outlive them.
std::unique_ptr<Metrics> FullPage(int run_count, int version_count, const std::string& nvml_library,
                                  const Clock& clock);

}  // namespace traind

#endif  // TRAIND_TESTS_TELEMETRY_FULL_PAGE_H_
