#ifndef TRAIND_SERVER_EVENT_LINE_H_
#define TRAIND_SERVER_EVENT_LINE_H_

#include <vector>

#include "server/log_line.h"
#include "traind/v1/run.pb.h"

namespace traind {

// How server and worker tell the same things in their logs. `first` are the
// values that a line begins with, such as the run.

// One line for a finished epoch of `epoch_count`.
void LogEpoch(const v1::EpochFinished& epoch, int epoch_count, std::vector<LogField> first = {});
// One line for what a run has to say to people, at the level of its severity.
void LogRunMessage(const v1::Message& message, std::vector<LogField> first = {});

}  // namespace traind

#endif  // TRAIND_SERVER_EVENT_LINE_H_
