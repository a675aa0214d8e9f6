#ifndef TRAIND_CLIENT_TRAINCTL_LOG_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_LOG_TEXT_H_

#include <optional>
#include <string>

#include "traind/v1/run.pb.h"

namespace traind {

// The lines of an epoch in the training log, without line ends.

// `Epoch:  3`
std::string EpochLine(int epoch);
// The full bar of a finished epoch; `columns` as in ProgressLine.
std::string FinishedLine(const v1::EpochFinished& epoch, std::optional<int> columns);
// `Test set: Average loss: 0.0772, Accuracy: 9779/10000 (97.79%)` and the epoch's further
// metrics; without the accuracy where rows are neither right nor wrong.
std::string TestLine(const v1::EpochFinished& epoch);

// `, top_5_accuracy: 0.9991`, and so on for each further metric of one value.
std::string ScalarMetricsText(const v1::EpochFinished& epoch);

// `97.79%`, the share of evaluation rows that are right; empty without rows, or where rows
// are neither right nor wrong.
std::string AccuracyText(const v1::EpochFinished& epoch);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_LOG_TEXT_H_
