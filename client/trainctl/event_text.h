#ifndef TRAIND_CLIENT_TRAINCTL_EVENT_TEXT_H_
#define TRAIND_CLIENT_TRAINCTL_EVENT_TEXT_H_

#include <string>

#include "traind/v1/run.pb.h"

namespace traind {

// What an event says in words: `QUEUED: worker lost`, `warning: disk nearly full`.
// Empty for events of figures.
std::string EventText(const v1::Event& event);

// The event on one line, whatever its kind: sequence, local time, kind and
// what it tells, such as `17 2024-03-01 14:05:09 train_step step: 100 epoch: 1`.
std::string EventLine(const v1::Event& event);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_EVENT_TEXT_H_
