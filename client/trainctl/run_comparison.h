#ifndef TRAIND_CLIENT_TRAINCTL_RUN_COMPARISON_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_COMPARISON_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/trainctl/field_list.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Fields as a table: a row for each, a column for each of `columns`. Long values are
// cut short. Says so when there are none.
std::string DifferenceText(const std::vector<FieldDifference>& differences,
                           const std::vector<std::string>& columns);

// Runs side by side: what differs in their recipes and executions, then how they fared,
// with the figures of each one's best epoch.
std::string ComparisonText(const std::vector<v1::Run>& runs, absl::Time now);

// The same as one JSON document, values in full.
std::string ComparisonJson(const std::vector<v1::Run>& runs);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_COMPARISON_H_
