#include "server/store/sqlite_sweep_store.h"

#include <google/protobuf/util/time_util.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

absl::Status NoSuchSweep(absl::string_view sweep_id) {
  return absl::NotFoundError(
      absl::StrCat("no sweep ", sweep_id, "; a list of the sweeps says which there are"));
}

// `RUNNING` for SWEEP_STATE_RUNNING: for people who query the file.
std::string SweepStateText(v1::SweepState state) {
  return std::string(absl::StripPrefix(v1::SweepState_Name(state), "SWEEP_STATE_"));
}

absl::StatusOr<v1::Sweep> ParseSweep(const std::string& bytes) {
  v1::Sweep sweep;
  if (sweep.ParseFromString(bytes)) return sweep;
  return absl::DataLossError("a stored sweep cannot be parsed; restore the database from a backup");
}

// Reads the first column of every row left in `query`.
absl::StatusOr<std::vector<v1::Sweep>> ReadAllSweeps(SqliteStatement& query) {
  std::vector<v1::Sweep> sweeps;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, query.Step());
    if (!has_row) return sweeps;
    ASSIGN_OR_RETURN(sweeps.emplace_back(), ParseSweep(query.Bytes(0)));
  }
}

// The next number of a recipe's name, taken for good.
absl::StatusOr<int64_t> TakeSweepNumber(SqliteDatabase& database, const std::string& name) {
  ASSIGN_OR_RETURN(SqliteStatement take,
                   database.Prepare("INSERT INTO sweep_numbers (name, newest) VALUES (?1, 1) "
                                    "ON CONFLICT (name) DO UPDATE SET newest = newest + 1 "
                                    "RETURNING newest"));
  take.BindText(1, name);
  RETURN_IF_ERROR(take.Step().status());
  const int64_t number = take.Integer(0);
  RETURN_IF_ERROR(take.Step().status());
  return number;
}

absl::StatusOr<std::optional<SweepStore::RequestMatch>> FindSweepRequest(
    SqliteDatabase& database, absl::string_view request_id) {
  if (request_id.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(
      SqliteStatement query,
      database.Prepare(
          "SELECT id, request_digest FROM sweeps WHERE request_id = ?1 AND request_id <> ''"));
  query.BindText(1, request_id);
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  if (!has_row) return std::nullopt;
  return SweepStore::RequestMatch{query.Bytes(0), query.Bytes(1)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteSweepStore>> SqliteSweepStore::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> database, SqliteDatabase::Open(path));
  RETURN_IF_ERROR(database->StartWriting());
  return std::unique_ptr<SqliteSweepStore>(new SqliteSweepStore(std::move(database)));
}

absl::StatusOr<v1::Sweep> SqliteSweepStore::Create(v1::Sweep sweep,
                                                   absl::string_view request_digest) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  ASSIGN_OR_RETURN(const std::optional<RequestMatch> match,
                   FindSweepRequest(*database_, sweep.request_id()));
  if (match.has_value()) {
    return absl::AlreadyExistsError(
        absl::StrCat("request_id ", sweep.request_id(), " has made sweep ", match->sweep_id));
  }
  const std::string& name = sweep.recipe().name();
  ASSIGN_OR_RETURN(const int64_t number, TakeSweepNumber(*database_, name));
  sweep.set_id(absl::StrCat(name, "-sweep-", number));
  ASSIGN_OR_RETURN(SqliteStatement insert,
                   database_->Prepare("INSERT INTO sweeps (id, name, number, state, create_time, "
                                      "request_id, request_digest, sweep) "
                                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  insert.BindText(1, sweep.id());
  insert.BindText(2, name);
  insert.Bind(3, number);
  insert.BindText(4, SweepStateText(sweep.state()));
  insert.BindText(5, google::protobuf::util::TimeUtil::ToString(sweep.create_time()));
  insert.BindText(6, sweep.request_id());
  insert.BindBlob(7, request_digest);
  insert.BindBlob(8, sweep.SerializeAsString());
  RETURN_IF_ERROR(insert.Run());
  RETURN_IF_ERROR(transaction.Commit());
  return sweep;
}

absl::Status SqliteSweepStore::Update(const v1::Sweep& sweep) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  ASSIGN_OR_RETURN(SqliteStatement update,
                   database_->Prepare("UPDATE sweeps SET state = ?2, sweep = ?3 WHERE id = ?1"));
  update.BindText(1, sweep.id());
  update.BindText(2, SweepStateText(sweep.state()));
  update.BindBlob(3, sweep.SerializeAsString());
  RETURN_IF_ERROR(update.Run());
  if (database_->changed_rows() == 0) return NoSuchSweep(sweep.id());
  return transaction.Commit();
}

absl::StatusOr<v1::Sweep> SqliteSweepStore::Get(absl::string_view sweep_id) const {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(SqliteStatement query,
                   database_->Prepare("SELECT sweep FROM sweeps WHERE id = ?1"));
  query.BindText(1, sweep_id);
  ASSIGN_OR_RETURN(const bool has_row, query.Step());
  if (!has_row) return NoSuchSweep(sweep_id);
  return ParseSweep(query.Bytes(0));
}

absl::StatusOr<std::vector<v1::Sweep>> SqliteSweepStore::List(int count,
                                                              absl::string_view before_id,
                                                              absl::string_view name) const {
  absl::MutexLock lock(&mutex_);
  int64_t before = std::numeric_limits<int64_t>::max();
  if (!before_id.empty()) {
    ASSIGN_OR_RETURN(SqliteStatement query,
                     database_->Prepare("SELECT ordinal FROM sweeps WHERE id = ?1"));
    query.BindText(1, before_id);
    ASSIGN_OR_RETURN(const bool has_row, query.Step());
    if (!has_row) return NoSuchSweep(before_id);
    before = query.Integer(0);
  }
  ASSIGN_OR_RETURN(SqliteStatement query,
                   database_->Prepare("SELECT sweep FROM sweeps WHERE ordinal < ?1 AND (?3 = '' "
                                      "OR name = ?3) ORDER BY ordinal DESC LIMIT ?2"));
  query.Bind(1, before);
  query.Bind(2, count);
  query.BindText(3, name);
  return ReadAllSweeps(query);
}

absl::StatusOr<std::vector<v1::Sweep>> SqliteSweepStore::ListActive() const {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(
      SqliteStatement query,
      database_->Prepare("SELECT sweep FROM sweeps WHERE state = 'RUNNING' ORDER BY ordinal"));
  return ReadAllSweeps(query);
}

absl::StatusOr<std::optional<SweepStore::RequestMatch>> SqliteSweepStore::FindRequest(
    absl::string_view request_id) const {
  absl::MutexLock lock(&mutex_);
  return FindSweepRequest(*database_, request_id);
}

absl::Status SqliteSweepStore::Delete(absl::string_view sweep_id) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  ASSIGN_OR_RETURN(SqliteStatement remove, database_->Prepare("DELETE FROM sweeps WHERE id = ?1"));
  remove.BindText(1, sweep_id);
  RETURN_IF_ERROR(remove.Run());
  if (database_->changed_rows() == 0) return NoSuchSweep(sweep_id);
  return transaction.Commit();
}

}  // namespace traind
