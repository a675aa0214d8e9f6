#ifndef TRAIND_SERVER_STORE_SQLITE_RUN_ROWS_H_
#define TRAIND_SERVER_STORE_SQLITE_RUN_ROWS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/store/sqlite_database.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Rows of the run database (docs/formats.md). All but RemoveMarkedEvents are to be
// called within a transaction. The database's error codes.

// `RUNNING` for RUN_STATE_RUNNING: for people who query the file.
std::string StateText(v1::RunState state);

// Writes what the run says of itself, but not its events.
absl::Status StoreRun(SqliteDatabase& database, const v1::Run& run);

// Adds events, and what they tell of attempts, checkpoints and model versions.
absl::Status StoreEvents(SqliteDatabase& database, const v1::Run& run,
                         absl::Span<const v1::Event> events);

// Removes the run and all that is told of it but its events, which are marked for
// removal.
absl::Status RemoveRun(SqliteDatabase& database, absl::string_view run_id);

// Removes up to `count` events that are marked for removal. False when none is.
absl::StatusOr<bool> RemoveMarkedEvents(SqliteDatabase& database, int count);

// The message as it is stored: progress is for the moment only.
std::string SerializeRun(const v1::Run& run);

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_SQLITE_RUN_ROWS_H_
