#ifndef TRAIND_CLIENT_TRAINCTL_RUN_ANSWER_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_ANSWER_H_

#include "client/trainctl/session.h"

namespace traind {

// Prints the run that a call has changed: `s4-17 PAUSING`, or the run as JSON.
void PrintRunState(const v1::Run& run, Session& session);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_ANSWER_H_
