#include "server/store/sqlite_database.h"

#include <sqlite3.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// How long a commit waits for another program that holds the file.
constexpr int kBusyTimeoutMilliseconds = 5000;

absl::Status SqliteError(sqlite3* database, int code, absl::string_view path = "") {
  if (path.empty()) path = absl::NullSafeStringView(sqlite3_db_filename(database, "main"));
  const std::string message = absl::StrCat("database ", path, ": ", sqlite3_errmsg(database));
  // Where it shares memory with other connections SQLite calls a full disk an I/O error.
  const bool full = (code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(database) == ENOSPC;
  switch (full ? SQLITE_FULL : code & 0xff) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(
          absl::StrCat(message, "; free some disk space and try again"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(
          absl::StrCat(message, "; restore it from a backup, or move it away to start empty"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(
          absl::StrCat(message, "; another program holds it, close that one"));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return absl::PermissionDeniedError(message);
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::Bind(int parameter, int64_t value) {
  bind_error_ |= sqlite3_bind_int64(statement_.get(), parameter, value);
}

void SqliteStatement::BindText(int parameter, absl::string_view value) {
  // An empty view may have no pointer, which would bind NULL.
  const char* text = value.data() == nullptr ? "" : value.data();
  bind_error_ |= sqlite3_bind_text64(statement_.get(), parameter, text, value.size(),
                                     SQLITE_TRANSIENT, SQLITE_UTF8);
}

void SqliteStatement::BindBlob(int parameter, absl::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  bind_error_ |=
      sqlite3_bind_blob64(statement_.get(), parameter, bytes, value.size(), SQLITE_TRANSIENT);
}

absl::StatusOr<bool> SqliteStatement::Step() {
  sqlite3* const database = sqlite3_db_handle(statement_.get());
  if (bind_error_ != SQLITE_OK) return SqliteError(database, SQLITE_MISUSE);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteError(database, code);
}

absl::Status SqliteStatement::Run() {
  absl::Status status;
  for (bool more = true; more && status.ok();) {
    absl::StatusOr<bool> row = Step();
    status = row.status();
    more = row.value_or(false);
  }
  sqlite3_reset(statement_.get());
  return status;
}

int64_t SqliteStatement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::Bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<size_t>(size));
}

void SqliteDatabase::Closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& path) {
  sqlite3* handle = nullptr;
  // Without SQLite's own mutex: callers have one.
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for a database handle");
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle, path));
  if (code != SQLITE_OK) return SqliteError(handle, code, path);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMilliseconds);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

absl::Status SqliteDatabase::StartWriting() {
  constexpr int64_t kIncremental = 2;
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  ASSIGN_OR_RETURN(const int64_t auto_vacuum, QueryInteger("PRAGMA auto_vacuum"));
  if (auto_vacuum != kIncremental) {
    // Of a new file this is settled before there is a table.
    RETURN_IF_ERROR(Execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;"));
  }
  return Execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA journal_size_limit = 16777216;");
}

absl::Status SqliteDatabase::ForbidWriting() { return Execute("PRAGMA query_only = ON;"); }

absl::StatusOr<SqliteStatement> SqliteDatabase::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return SqliteError(database_.get(), code);
  return SqliteStatement(statement);
}

absl::Status SqliteDatabase::Execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : SqliteError(database_.get(), code);
}

absl::StatusOr<int64_t> SqliteDatabase::QueryInteger(absl::string_view sql) {
  ASSIGN_OR_RETURN(SqliteStatement query, Prepare(sql));
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  return has_row ? query.Integer(0) : 0;
}

absl::StatusOr<std::string> SqliteDatabase::QueryText(absl::string_view sql) {
  ASSIGN_OR_RETURN(SqliteStatement query, Prepare(sql));
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  return has_row ? query.Bytes(0) : std::string();
}

int SqliteDatabase::changed_rows() const { return sqlite3_changes(database_.get()); }

absl::StatusOr<SqliteTransaction> SqliteTransaction::Begin(SqliteDatabase& database) {
  // IMMEDIATE takes the write lock now, so that nothing later can fail for it.
  RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return SqliteTransaction(&database);
}

SqliteTransaction::~SqliteTransaction() {
  if (database_ != nullptr) database_->Execute("ROLLBACK").IgnoreError();
}

absl::Status SqliteTransaction::Commit() {
  RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace traind
