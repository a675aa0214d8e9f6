#ifndef TRAIND_CLIENT_TRAINCTL_TRAINCTL_H_
#define TRAIND_CLIENT_TRAINCTL_TRAINCTL_H_

#include "client/trainctl/session.h"

namespace traind {

// Runs one trainctl command line and returns the exit code: 0; 1 after an error
// or when a followed run did not succeed; 2 for bad usage; 130 after Ctrl-C.
// Errors are one line on `environment.err`: `trainctl: CODE: message`.
int RunTrainctl(int argc, const char* const* argv, Environment environment);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_TRAINCTL_H_
