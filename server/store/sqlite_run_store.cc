#include "server/store/sqlite_run_store.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"
#include "server/store/sqlite_run_rows.h"
#include "server/store/sqlite_schema.h"

namespace traind {
namespace {

// What one piece of Reclaim does: some milliseconds' work.
constexpr int kEventsPerPiece = 4096;
constexpr int kPagesPerPiece = 1024;

absl::Status NoSuchRun(absl::string_view run_id) {
  return absl::NotFoundError(
      absl::StrCat("no run ", run_id, "; a list of the runs says which there are"));
}

template <typename Message>
absl::StatusOr<Message> ParseRun(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) {
    return absl::DataLossError(
        absl::StrCat("a stored ", message.GetTypeName(),
                     " cannot be parsed; restore the database from a backup"));
  }
  return message;
}

// Reads the first column of every row left in `query`.
template <typename Message>
absl::StatusOr<std::vector<Message>> ReadAllRuns(SqliteStatement& query) {
  std::vector<Message> messages;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, query.Step());
    if (!has_row) return messages;
    ASSIGN_OR_RETURN(messages.emplace_back(), ParseRun<Message>(query.Bytes(0)));
  }
}

// A column of a run, or NOT_FOUND.
absl::StatusOr<int64_t> RunColumn(SqliteDatabase& database, absl::string_view column,
                                  absl::string_view run_id) {
  ASSIGN_OR_RETURN(SqliteStatement query,
                   database.Prepare(absl::StrCat("SELECT ", column, " FROM runs WHERE id = ?1")));
  query.BindText(1, run_id);
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  if (!has_row) return NoSuchRun(run_id);
  return query.Integer(0);
}

absl::Status CheckSequence(const v1::Run& run, absl::Span<const v1::Event> events,
                           int64_t stored_sequence) {
  int64_t sequence = stored_sequence;
  for (const v1::Event& event : events) {
    if (event.sequence() != ++sequence) {
      return absl::FailedPreconditionError(absl::StrCat("run ", run.id(), ": expected event ",
                                                        sequence, ", got ", event.sequence()));
    }
  }
  if (run.last_sequence() != sequence) {
    return absl::FailedPreconditionError(absl::StrCat("run ", run.id(), ": expected last_sequence ",
                                                      sequence, ", got ", run.last_sequence()));
  }
  return absl::OkStatus();
}

// The next number of a recipe's name, taken for good.
absl::StatusOr<int64_t> TakeRunNumber(SqliteDatabase& database, const std::string& name) {
  ASSIGN_OR_RETURN(SqliteStatement take,
                   database.Prepare("INSERT INTO run_numbers (name, newest) VALUES (?1, 1) "
                                    "ON CONFLICT (name) DO UPDATE SET newest = newest + 1 "
                                    "RETURNING newest"));
  take.BindText(1, name);
  RETURN_IF_ERROR(take.Step().status());
  const int64_t number = take.Integer(0);
  RETURN_IF_ERROR(take.Step().status());
  return number;
}

absl::StatusOr<std::optional<RunStore::RequestMatch>> FindRunRequest(SqliteDatabase& database,
                                                                     absl::string_view request_id) {
  if (request_id.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(
      SqliteStatement query,
      database.Prepare(
          "SELECT id, request_digest FROM runs WHERE request_id = ?1 AND request_id <> ''"));
  query.BindText(1, request_id);
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  if (!has_row) return std::nullopt;
  return RunStore::RequestMatch{query.Bytes(0), query.Bytes(1)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteRunStore>> SqliteRunStore::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> writer, SqliteDatabase::Open(path));
  RETURN_IF_ERROR(CheckSchema(*writer));
  RETURN_IF_ERROR(writer->StartWriting());
  RETURN_IF_ERROR(MigrateSchema(*writer));
  // A new file's name must be as durable as what is in it.
  const std::string parent = std::filesystem::path(path).parent_path().string();
  RETURN_IF_ERROR(SyncDirectory(parent.empty() ? "." : parent));
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> reader, SqliteDatabase::Open(path));
  RETURN_IF_ERROR(reader->ForbidWriting());
  return std::unique_ptr<SqliteRunStore>(
      new SqliteRunStore(path, std::move(writer), std::move(reader)));
}

absl::StatusOr<v1::Run> SqliteRunStore::Create(v1::Run run, absl::string_view request_digest,
                                               absl::Span<const v1::Event> events) {
  absl::MutexLock lock(&write_mutex_);
  RETURN_IF_ERROR(CheckSequence(run, events, 0));
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*writer_));
  ASSIGN_OR_RETURN(const std::optional<RequestMatch> match,
                   FindRunRequest(*writer_, run.request_id()));
  if (match.has_value()) {
    return absl::AlreadyExistsError(
        absl::StrCat("request_id ", run.request_id(), " has made run ", match->run_id));
  }
  const std::string& name = run.recipe().name();
  ASSIGN_OR_RETURN(const int64_t number, TakeRunNumber(*writer_, name));
  run.set_id(absl::StrCat(name, "-", number));
  run.clear_progress();

  ASSIGN_OR_RETURN(SqliteStatement insert,
                   writer_->Prepare("INSERT INTO runs (id, name, number, state, create_time, "
                                    "request_id, request_digest, last_sequence, run, sweep_id) "
                                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"));
  insert.BindText(1, run.id());
  insert.BindText(2, name);
  insert.Bind(3, number);
  insert.BindText(4, StateText(run.state()));
  insert.BindText(5, google::protobuf::util::TimeUtil::ToString(run.create_time()));
  insert.BindText(6, run.request_id());
  insert.BindBlob(7, request_digest);
  insert.Bind(8, run.last_sequence());
  insert.BindBlob(9, SerializeRun(run));
  insert.BindText(10, run.sweep_id());
  RETURN_IF_ERROR(insert.Run());
  std::vector<v1::Event> named(events.begin(), events.end());
  for (v1::Event& event : named) event.set_run_id(run.id());
  RETURN_IF_ERROR(StoreEvents(*writer_, run, named));
  RETURN_IF_ERROR(transaction.Commit());
  return run;
}

absl::Status SqliteRunStore::Update(const v1::Run& run) { return UpdateWithEvents(run, {}); }

absl::Status SqliteRunStore::UpdateWithEvents(const v1::Run& run,
                                              absl::Span<const v1::Event> events) {
  absl::MutexLock lock(&write_mutex_);
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*writer_));
  ASSIGN_OR_RETURN(const int64_t stored, RunColumn(*writer_, "last_sequence", run.id()));
  RETURN_IF_ERROR(CheckSequence(run, events, stored));
  RETURN_IF_ERROR(StoreRun(*writer_, run));
  RETURN_IF_ERROR(StoreEvents(*writer_, run, events));
  return transaction.Commit();
}

absl::StatusOr<v1::Run> SqliteRunStore::Get(absl::string_view run_id) const {
  absl::MutexLock lock(&read_mutex_);
  ASSIGN_OR_RETURN(SqliteStatement query, reader_->Prepare("SELECT run FROM runs WHERE id = ?1"));
  query.BindText(1, run_id);
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  if (!has_row) return NoSuchRun(run_id);
  return ParseRun<v1::Run>(query.Bytes(0));
}

absl::StatusOr<std::vector<v1::Run>> SqliteRunStore::List(int count, absl::string_view before_id,
                                                          const RunFilter& filter) const {
  absl::MutexLock lock(&read_mutex_);
  int64_t before = std::numeric_limits<int64_t>::max();
  if (!before_id.empty()) {
    ASSIGN_OR_RETURN(before, RunColumn(*reader_, "ordinal", before_id));
  }
  std::string sql = "SELECT run FROM runs WHERE ordinal < ?1 AND (?3 = '' OR name = ?3)";
  if (!filter.states.empty()) {
    absl::StrAppend(&sql, " AND state IN ('",
                    absl::StrJoin(filter.states, "', '",
                                  [](std::string* out, v1::RunState state) {
                                    absl::StrAppend(out, StateText(state));
                                  }),
                    "')");
  }
  // Apart, so that the index of sweeps is used.
  if (!filter.sweep_id.empty()) absl::StrAppend(&sql, " AND sweep_id = ?4 AND sweep_id <> ''");
  absl::StrAppend(&sql, " ORDER BY ordinal DESC LIMIT ?2");
  ASSIGN_OR_RETURN(SqliteStatement query, reader_->Prepare(sql));
  query.Bind(1, before);
  query.Bind(2, count);
  query.BindText(3, filter.name);
  if (!filter.sweep_id.empty()) query.BindText(4, filter.sweep_id);
  return ReadAllRuns<v1::Run>(query);
}

absl::StatusOr<std::vector<v1::Run>> SqliteRunStore::ListActive() const {
  absl::MutexLock lock(&read_mutex_);
  ASSIGN_OR_RETURN(
      SqliteStatement query,
      reader_->Prepare(
          "SELECT run FROM runs WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED') "
          "ORDER BY ordinal"));
  return ReadAllRuns<v1::Run>(query);
}

absl::StatusOr<std::vector<std::string>> SqliteRunStore::ListEnded() const {
  absl::MutexLock lock(&read_mutex_);
  ASSIGN_OR_RETURN(
      SqliteStatement query,
      reader_->Prepare("SELECT id FROM runs WHERE state IN ('SUCCEEDED', 'FAILED', 'CANCELLED') "
                       "ORDER BY ordinal"));
  std::vector<std::string> ids;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, query.Step());
    if (!has_row) return ids;
    ids.push_back(query.Bytes(0));
  }
}

absl::StatusOr<std::optional<RunStore::RequestMatch>> SqliteRunStore::FindRequest(
    absl::string_view request_id) const {
  absl::MutexLock lock(&read_mutex_);
  return FindRunRequest(*reader_, request_id);
}

absl::StatusOr<std::vector<v1::Event>> SqliteRunStore::ReadEvents(absl::string_view run_id,
                                                                  int64_t after_sequence,
                                                                  int count) const {
  absl::MutexLock lock(&read_mutex_);
  ASSIGN_OR_RETURN(const int64_t first, RunColumn(*reader_, "first_sequence", run_id));
  ASSIGN_OR_RETURN(SqliteStatement query,
                   reader_->Prepare("SELECT event FROM events WHERE run_id = ?1 AND sequence > ?2 "
                                    "ORDER BY sequence LIMIT ?3"));
  query.BindText(1, run_id);
  // What is forgotten may still be there.
  query.Bind(2, std::max(after_sequence, first - 1));
  query.Bind(3, count);
  return ReadAllRuns<v1::Event>(query);
}

absl::Status SqliteRunStore::Delete(absl::string_view run_id) {
  absl::MutexLock lock(&write_mutex_);
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*writer_));
  ASSIGN_OR_RETURN(SqliteStatement query, writer_->Prepare("SELECT state FROM runs WHERE id = ?1"));
  query.BindText(1, run_id);
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  if (!has_row) return NoSuchRun(run_id);
  const std::string state = query.Bytes(0);
  if (state != "SUCCEEDED" && state != "FAILED" && state != "CANCELLED") {
    return absl::FailedPreconditionError(absl::StrCat(
        "run ", run_id, " is ", state, ": expected one that has ended; cancel it first"));
  }
  RETURN_IF_ERROR(RemoveRun(*writer_, run_id));
  return transaction.Commit();
}

absl::StatusOr<bool> SqliteRunStore::Reclaim() {
  absl::MutexLock lock(&write_mutex_);
  ASSIGN_OR_RETURN(const bool removed, RemoveMarkedEvents(*writer_, kEventsPerPiece));
  if (removed) return true;
  ASSIGN_OR_RETURN(const int64_t free_pages, writer_->QueryInteger("PRAGMA freelist_count"));
  if (free_pages == 0) return false;
  RETURN_IF_ERROR(
      writer_->Execute(absl::StrCat("PRAGMA incremental_vacuum(", kPagesPerPiece, ")")));
  return true;
}

int64_t SqliteRunStore::SizeBytes() const {
  int64_t size_bytes = 0;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(absl::StrCat(path_, suffix), error);
    if (!error) size_bytes += static_cast<int64_t>(size);
  }
  return size_bytes;
}

}  // namespace traind
