#include "server/store/sqlite_schema.h"

#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// "trnd" in ASCII: tells our files from other programs' (PRAGMA application_id).
constexpr int64_t kApplicationId = 0x74726e64;

// Entry n brings version n to n + 1. Never change an entry: add one.
constexpr const char* kMigrations[] = {
    R"sql(
      CREATE TABLE runs (
        ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        number INTEGER NOT NULL,
        state TEXT NOT NULL,
        create_time TEXT NOT NULL,
        request_id TEXT NOT NULL,
        request_digest BLOB NOT NULL,
        last_sequence INTEGER NOT NULL,
        run BLOB NOT NULL,
        UNIQUE (name, number)
      );
      CREATE UNIQUE INDEX runs_request ON runs (request_id) WHERE request_id <> '';
      CREATE INDEX runs_active ON runs (ordinal)
        WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED');
      CREATE TABLE events (
        run_id TEXT NOT NULL REFERENCES runs (id),
        sequence INTEGER NOT NULL,
        kind TEXT NOT NULL,
        event BLOB NOT NULL,
        PRIMARY KEY (run_id, sequence)
      ) WITHOUT ROWID;
    )sql",
    R"sql(
      CREATE TABLE run_numbers (
        name TEXT PRIMARY KEY,
        newest INTEGER NOT NULL
      ) WITHOUT ROWID;
      INSERT INTO run_numbers SELECT name, MAX(number) FROM runs GROUP BY name;
      ALTER TABLE runs ADD COLUMN first_sequence INTEGER NOT NULL DEFAULT 0;
      CREATE TABLE removals (
        run_id TEXT PRIMARY KEY,
        before_sequence INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE attempts (
        run_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        pid INTEGER NOT NULL,
        start_time TEXT NOT NULL,
        end_time TEXT NOT NULL,
        end_reason TEXT NOT NULL,
        lost INTEGER NOT NULL,
        PRIMARY KEY (run_id, number)
      ) WITHOUT ROWID;
      CREATE TABLE checkpoints (
        run_id TEXT NOT NULL,
        step INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        time TEXT NOT NULL,
        path TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        best INTEGER NOT NULL,
        PRIMARY KEY (run_id, step)
      ) WITHOUT ROWID;
      CREATE TABLE model_versions (
        model TEXT NOT NULL,
        version INTEGER NOT NULL,
        run_id TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        time TEXT NOT NULL,
        PRIMARY KEY (model, version)
      ) WITHOUT ROWID;
    )sql",
    R"sql(
      ALTER TABLE runs ADD COLUMN sweep_id TEXT NOT NULL DEFAULT '';
      CREATE INDEX runs_sweep ON runs (sweep_id, ordinal) WHERE sweep_id <> '';
      CREATE TABLE sweeps (
        ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        number INTEGER NOT NULL,
        state TEXT NOT NULL,
        create_time TEXT NOT NULL,
        request_id TEXT NOT NULL,
        request_digest BLOB NOT NULL,
        sweep BLOB NOT NULL,
        UNIQUE (name, number)
      );
      CREATE UNIQUE INDEX sweeps_request ON sweeps (request_id) WHERE request_id <> '';
      CREATE TABLE sweep_numbers (
        name TEXT PRIMARY KEY,
        newest INTEGER NOT NULL
      ) WITHOUT ROWID;
    )sql",
};

// The whole file's structure, where that takes no long time; of a larger one the
// runs alone, so that a server with months of events starts in a second. Damage
// among these is found when they are read.
std::string CheckQuery(SqliteDatabase& database) {
  constexpr int64_t kCheckedWholeBytesMax = 256 << 20;
  const int64_t pages = database.QueryInteger("PRAGMA page_count").value_or(0);
  const int64_t page_bytes = database.QueryInteger("PRAGMA page_size").value_or(0);
  return pages * page_bytes <= kCheckedWholeBytesMax ? "PRAGMA quick_check(1)"
                                                     : "PRAGMA quick_check(runs)";
}

}  // namespace

int NewestSchemaVersion() { return static_cast<int>(std::size(kMigrations)); }

absl::Status CheckSchema(SqliteDatabase& database) {
  ASSIGN_OR_RETURN(const int64_t version, database.QueryInteger("PRAGMA user_version"));
  ASSIGN_OR_RETURN(const int64_t application, database.QueryInteger("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const int64_t objects,
                   database.QueryInteger("SELECT COUNT(*) FROM sqlite_master"));
  const bool is_new = version == 0 && application == 0 && objects == 0;
  if (is_new) return absl::OkStatus();
  if (application != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat("database ", database.path(),
                     " belongs to another program; choose another data directory"));
  }
  if (version > NewestSchemaVersion()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "database ", database.path(), " was written by a newer traind: expected schema version ",
        NewestSchemaVersion(), " or older, got ", version, "; install that traind again"));
  }
  ASSIGN_OR_RETURN(const std::string check, database.QueryText(CheckQuery(database)));
  if (check != "ok") {
    return absl::DataLossError(
        absl::StrCat("database ", database.path(), " is damaged: ", check,
                     "; restore it from a backup, or move it away to start empty"));
  }
  return absl::OkStatus();
}

absl::Status MigrateSchema(SqliteDatabase& database) {
  ASSIGN_OR_RETURN(const int64_t version, database.QueryInteger("PRAGMA user_version"));
  if (version == NewestSchemaVersion()) return absl::OkStatus();
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(database));
  for (int64_t next = version; next < NewestSchemaVersion(); ++next) {
    RETURN_IF_ERROR(database.Execute(kMigrations[next]));
  }
  RETURN_IF_ERROR(database.Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId)));
  RETURN_IF_ERROR(database.Execute(absl::StrCat("PRAGMA user_version = ", NewestSchemaVersion())));
  return transaction.Commit();
}

}  // namespace traind
