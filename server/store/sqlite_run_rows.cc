#include "server/store/sqlite_run_rows.h"

#include <google/protobuf/util/time_util.h>

#include <limits>

#include "absl/strings/strip.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

using google::protobuf::util::TimeUtil;

// The payload's field name, such as `epoch_finished`.
std::string KindText(const v1::Event& event) {
  const google::protobuf::OneofDescriptor* payload =
      v1::Event::descriptor()->FindOneofByName("payload");
  const google::protobuf::FieldDescriptor* field =
      v1::Event::GetReflection()->GetOneofFieldDescriptor(event, payload);
  return field == nullptr ? "" : field->name();
}

absl::Status StoreNewestAttempt(SqliteDatabase& database, const v1::Run& run) {
  if (run.attempts().empty()) return absl::OkStatus();
  const v1::Attempt& attempt = run.attempts(run.attempts_size() - 1);
  ASSIGN_OR_RETURN(SqliteStatement insert,
                   database.Prepare("INSERT OR REPLACE INTO attempts (run_id, number, pid, "
                                    "start_time, end_time, end_reason, lost) "
                                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  insert.BindText(1, run.id());
  insert.Bind(2, attempt.number());
  insert.Bind(3, attempt.pid());
  insert.BindText(4, TimeUtil::ToString(attempt.start_time()));
  insert.BindText(5, attempt.has_end_time() ? TimeUtil::ToString(attempt.end_time()) : "");
  insert.BindText(6, attempt.end_reason());
  insert.Bind(7, attempt.lost() ? 1 : 0);
  return insert.Run();
}

absl::Status StoreCheckpoint(SqliteDatabase& database, const v1::Event& event) {
  const v1::CheckpointWritten& checkpoint = event.checkpoint_written();
  ASSIGN_OR_RETURN(SqliteStatement insert,
                   database.Prepare("INSERT OR REPLACE INTO checkpoints (run_id, step, epoch, "
                                    "attempt, time, path, size_bytes, best) "
                                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  insert.BindText(1, event.run_id());
  insert.Bind(2, checkpoint.step());
  insert.Bind(3, checkpoint.epoch());
  insert.Bind(4, event.attempt());
  insert.BindText(5, TimeUtil::ToString(event.time()));
  insert.BindText(6, checkpoint.path());
  insert.Bind(7, checkpoint.size_bytes());
  insert.Bind(8, checkpoint.best() ? 1 : 0);
  return insert.Run();
}

absl::Status StoreModelVersion(SqliteDatabase& database, const v1::Event& event) {
  const v1::ModelPublished& published = event.model_published();
  ASSIGN_OR_RETURN(SqliteStatement insert,
                   database.Prepare("INSERT OR REPLACE INTO model_versions (model, version, "
                                    "run_id, epoch, time) VALUES (?1, ?2, ?3, ?4, ?5)"));
  insert.BindText(1, published.model());
  insert.Bind(2, published.version());
  insert.BindText(3, event.run_id());
  insert.Bind(4, published.epoch());
  insert.BindText(5, TimeUtil::ToString(event.time()));
  return insert.Run();
}

absl::Status MarkForRemoval(SqliteDatabase& database, absl::string_view run_id,
                            int64_t before_sequence) {
  ASSIGN_OR_RETURN(SqliteStatement insert,
                   database.Prepare("INSERT OR REPLACE INTO removals (run_id, before_sequence) "
                                    "VALUES (?1, ?2)"));
  insert.BindText(1, run_id);
  insert.Bind(2, before_sequence);
  return insert.Run();
}

absl::Status DeleteOf(SqliteDatabase& database, absl::string_view run_id, const char* sql) {
  ASSIGN_OR_RETURN(SqliteStatement remove, database.Prepare(sql));
  remove.BindText(1, run_id);
  return remove.Run();
}

}  // namespace

std::string StateText(v1::RunState state) {
  return std::string(absl::StripPrefix(v1::RunState_Name(state), "RUN_STATE_"));
}

std::string SerializeRun(const v1::Run& run) {
  if (!run.has_progress()) return run.SerializeAsString();
  v1::Run stored = run;
  stored.clear_progress();
  return stored.SerializeAsString();
}

absl::Status StoreRun(SqliteDatabase& database, const v1::Run& run) {
  if (run.first_sequence() > 1) {
    ASSIGN_OR_RETURN(SqliteStatement query,
                     database.Prepare("SELECT first_sequence FROM runs WHERE id = ?1"));
    query.BindText(1, run.id());
    ASSIGN_OR_RETURN(const bool has_row, query.Step());
    if (has_row && query.Integer(0) < run.first_sequence()) {
      RETURN_IF_ERROR(MarkForRemoval(database, run.id(), run.first_sequence()));
    }
  }
  ASSIGN_OR_RETURN(SqliteStatement update,
                   database.Prepare("UPDATE runs SET state = ?2, last_sequence = ?3, "
                                    "first_sequence = ?4, run = ?5 WHERE id = ?1"));
  update.BindText(1, run.id());
  update.BindText(2, StateText(run.state()));
  update.Bind(3, run.last_sequence());
  update.Bind(4, run.first_sequence());
  update.BindBlob(5, SerializeRun(run));
  return update.Run();
}

absl::Status StoreEvents(SqliteDatabase& database, const v1::Run& run,
                         absl::Span<const v1::Event> events) {
  if (events.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      SqliteStatement insert,
      database.Prepare(
          "INSERT INTO events (run_id, sequence, kind, event) VALUES (?1, ?2, ?3, ?4)"));
  bool state_changed = false;
  for (const v1::Event& event : events) {
    insert.BindText(1, run.id());
    insert.Bind(2, event.sequence());
    insert.BindText(3, KindText(event));
    insert.BindBlob(4, event.SerializeAsString());
    RETURN_IF_ERROR(insert.Run());
    state_changed = state_changed || event.has_state_changed();
    if (event.has_checkpoint_written()) RETURN_IF_ERROR(StoreCheckpoint(database, event));
    if (event.has_model_published()) RETURN_IF_ERROR(StoreModelVersion(database, event));
  }
  // Attempts begin and end with a change of state.
  return state_changed ? StoreNewestAttempt(database, run) : absl::OkStatus();
}

absl::Status RemoveRun(SqliteDatabase& database, absl::string_view run_id) {
  for (const char* sql :
       {"DELETE FROM attempts WHERE run_id = ?1", "DELETE FROM checkpoints WHERE run_id = ?1",
        "DELETE FROM runs WHERE id = ?1"}) {
    RETURN_IF_ERROR(DeleteOf(database, run_id, sql));
  }
  return MarkForRemoval(database, run_id, std::numeric_limits<int64_t>::max());
}

absl::StatusOr<bool> RemoveMarkedEvents(SqliteDatabase& database, int count) {
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(database));
  ASSIGN_OR_RETURN(SqliteStatement marked,
                   database.Prepare("SELECT run_id, before_sequence FROM removals LIMIT 1"));
  ASSIGN_OR_RETURN(const bool has_row, marked.Step());
  if (!has_row) return false;
  const std::string run_id = marked.Bytes(0);
  ASSIGN_OR_RETURN(
      SqliteStatement remove,
      database.Prepare("DELETE FROM events WHERE run_id = ?1 AND sequence IN (SELECT sequence "
                       "FROM events WHERE run_id = ?1 AND sequence < ?2 ORDER BY sequence "
                       "LIMIT ?3)"));
  remove.BindText(1, run_id);
  remove.Bind(2, marked.Integer(1));
  remove.Bind(3, count);
  RETURN_IF_ERROR(remove.Run());
  if (database.changed_rows() < count) {
    RETURN_IF_ERROR(DeleteOf(database, run_id, "DELETE FROM removals WHERE run_id = ?1"));
  }
  RETURN_IF_ERROR(transaction.Commit());
  return true;
}

}  // namespace traind
