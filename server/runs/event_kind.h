#ifndef TRAIND_SERVER_RUNS_EVENT_KIND_H_
#define TRAIND_SERVER_RUNS_EVENT_KIND_H_

#include "traind/v1/run.pb.h"

namespace traind {

// What the event tells; UNSPECIFIED for one without a payload.
v1::EventKind KindOf(const v1::Event& event);

// Whether the event is a run's last one: its change to a terminal state.
bool IsTerminalEvent(const v1::Event& event);

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_EVENT_KIND_H_
