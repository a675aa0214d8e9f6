#ifndef TRAIND_CLIENT_TRAINCTL_EVENT_NOTE_H_
#define TRAIND_CLIENT_TRAINCTL_EVENT_NOTE_H_

#include <string>

#include "traind/v1/run.pb.h"

namespace traind {

// One line about an event that is no part of the epoch log, such as
// `s4-17 QUEUED: waiting for a slot`; empty for epochs, steps, checkpoints and
// the terminal state, which are told elsewhere.
std::string EventNote(const v1::Event& event);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_EVENT_NOTE_H_
