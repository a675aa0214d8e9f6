#ifndef TRAIND_SERVER_STORE_SQLITE_DATABASE_H_
#define TRAIND_SERVER_STORE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace traind {

// A prepared statement. Not thread-safe; must go before its database.
class SqliteStatement {
 public:
  SqliteStatement(SqliteStatement&&) = default;

  // Sets parameter ?1, ?2, …; an error shows at the next Step.
  void Bind(int parameter, int64_t value);
  void BindText(int parameter, absl::string_view value);
  void BindBlob(int parameter, absl::string_view value);

  // True when there is a row to read, false when the statement is done.
  absl::StatusOr<bool> Step();
  // Steps a statement that returns no rows, and makes it ready for new values.
  absl::Status Run();

  // Columns of the row, from 0.
  int64_t Integer(int column) const;
  std::string Bytes(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bind_error_ = 0;
};

// One connection to a SQLite file. Not thread-safe. Codes: RESOURCE_EXHAUSTED
// disk full, DATA_LOSS damaged file, UNAVAILABLE locked by another program for
// too long, PERMISSION_DENIED, ALREADY_EXISTS a constraint, else INTERNAL.
class SqliteDatabase {
 public:
  // Opens or creates the file. Changes nothing in an existing one, not even when
  // closed again, until StartWriting is called.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(const std::string& path);

  // Sets write-ahead logging with a flush at every commit. A file that cannot give
  // back space bit by bit, from before that was so, is written anew.
  absl::Status StartWriting();
  // Refuses every later write through this connection.
  absl::Status ForbidWriting();

  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);
  // Runs statements that need no parameters, and ignores rows.
  absl::Status Execute(const std::string& sql);
  // The first column of the only row of a query.
  absl::StatusOr<int64_t> QueryInteger(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  // Rows that the newest INSERT, UPDATE or DELETE has changed.
  int changed_rows() const;

  const std::string& path() const { return path_; }

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  SqliteDatabase(sqlite3* database, std::string path)
      : database_(database), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Closer> database_;
  const std::string path_;
};

// A write transaction: rolled back when destroyed before Commit.
class SqliteTransaction {
 public:
  static absl::StatusOr<SqliteTransaction> Begin(SqliteDatabase& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)) {}
  ~SqliteTransaction();

  // Durable when OK.
  absl::Status Commit();

 private:
  explicit SqliteTransaction(SqliteDatabase* database) : database_(database) {}
  SqliteDatabase* database_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_SQLITE_DATABASE_H_
