#ifndef TRAIND_SERVER_STORE_SQLITE_SCHEMA_H_
#define TRAIND_SERVER_STORE_SQLITE_SCHEMA_H_

#include "absl/status/status.h"
#include "server/store/sqlite_database.h"

namespace traind {

// Schema version that this program writes; docs/formats.md describes it.
int NewestSchemaVersion();

// Looks whether the database is a run store that this program can use; changes
// nothing. DATA_LOSS: damaged; FAILED_PRECONDITION: written by a newer traind, or
// by another program. A new, empty file is fine.
absl::Status CheckSchema(SqliteDatabase& database);

// Brings an older or empty database to the newest version, all or nothing.
absl::Status MigrateSchema(SqliteDatabase& database);

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_SQLITE_SCHEMA_H_
