#ifndef TRAIND_CLIENT_TRAINCTL_TRACE_CSV_H_
#define TRAIND_CLIENT_TRAINCTL_TRACE_CSV_H_

#include <ostream>

#include "absl/status/status.h"
#include "client/trainctl/session.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Writes a run's trace, as far as it goes by now, as comma-separated values: the table of
// MakeTraceTable, its names in the first line. The server's errors; DATA_LOSS when it skips a
// step; CANCELLED when the session is stopped.
absl::Status WriteTraceCsv(const v1::Run& run, Session& session, std::ostream& out);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_TRACE_CSV_H_
