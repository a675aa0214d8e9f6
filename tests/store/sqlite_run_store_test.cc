#include "server/store/sqlite_run_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "server/store/sqlite_schema.h"
#include "tests/contract/run_store_contract.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

// The contract's store lives in a directory that goes when the store does.
class SqliteRunStoreInTempDirectory : public RunStore {
 public:
  SqliteRunStoreInTempDirectory()
      : store_(std::move(SqliteRunStore::Open(directory_.Path("runs.sqlite"))).value()) {}

  absl::StatusOr<v1::Run> Create(v1::Run run, absl::string_view digest,
                                 absl::Span<const v1::Event> events) override {
    return store_->Create(std::move(run), digest, events);
  }
  absl::Status Update(const v1::Run& run) override { return store_->Update(run); }
  absl::Status UpdateWithEvents(const v1::Run& run, absl::Span<const v1::Event> events) override {
    return store_->UpdateWithEvents(run, events);
  }
  absl::StatusOr<v1::Run> Get(absl::string_view id) const override { return store_->Get(id); }
  absl::StatusOr<std::vector<v1::Run>> List(int count, absl::string_view before,
                                            const RunFilter& filter) const override {
    return store_->List(count, before, filter);
  }
  absl::StatusOr<std::vector<std::string>> ListEnded() const override {
    return store_->ListEnded();
  }
  absl::Status Delete(absl::string_view id) override { return store_->Delete(id); }
  absl::StatusOr<bool> Reclaim() override { return store_->Reclaim(); }
  int64_t SizeBytes() const override { return store_->SizeBytes(); }
  absl::StatusOr<std::vector<v1::Run>> ListActive() const override { return store_->ListActive(); }
  absl::StatusOr<std::optional<RequestMatch>> FindRequest(absl::string_view id) const override {
    return store_->FindRequest(id);
  }
  absl::StatusOr<std::vector<v1::Event>> ReadEvents(absl::string_view id, int64_t after,
                                                    int count) const override {
    return store_->ReadEvents(id, after, count);
  }

 private:
  TempDirectory directory_;
  std::unique_ptr<SqliteRunStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, RunStoreContract, testing::Values([] {
                           return std::make_unique<SqliteRunStoreInTempDirectory>();
                         }));

v1::Run QueuedRun() {
  v1::Run run;
  run.mutable_recipe()->set_name("s4");
  run.set_state(v1::RUN_STATE_QUEUED);
  return run;
}

// Appends one event to `run`.
absl::Status AppendOne(RunStore& store, v1::Run& run) {
  v1::Event event;
  event.set_run_id(run.id());
  event.set_sequence(run.last_sequence() + 1);
  event.mutable_train_step()->set_step(event.sequence());
  run.set_last_sequence(event.sequence());
  return store.UpdateWithEvents(run, {event});
}

class SqliteRunStoreTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteRunStore> Open() {
    absl::StatusOr<std::unique_ptr<SqliteRunStore>> store = SqliteRunStore::Open(path_);
    EXPECT_THAT(store, IsOk());
    return store.ok() ? *std::move(store) : nullptr;
  }

  TempDirectory directory_;
  const std::string path_ = directory_.Path("runs.sqlite");
};

TEST_F(SqliteRunStoreTest, RunsAndEventsSurviveReopening) {
  {
    std::unique_ptr<SqliteRunStore> store = Open();
    v1::Run run = store->Create(QueuedRun(), "digest", {}).value();
    ASSERT_OK(AppendOne(*store, run));
    ASSERT_OK(AppendOne(*store, run));
  }
  std::unique_ptr<SqliteRunStore> store = Open();
  EXPECT_EQ(store->Get("s4-1")->last_sequence(), 2);
  EXPECT_EQ(store->ReadEvents("s4-1", 0, 10)->size(), 2u);
  EXPECT_EQ(store->Create(QueuedRun(), "", {})->id(), "s4-2");
}

// A writer that tells each event only after the store has acknowledged it, until
// it is killed.
[[noreturn]] void WriteUntilKilled(const std::string& path, int tell) {
  std::unique_ptr<SqliteRunStore> store = std::move(SqliteRunStore::Open(path)).value();
  v1::Run run = store->Create(QueuedRun(), "", {}).value();
  while (true) {
    if (!AppendOne(*store, run).ok()) _exit(1);
    const int64_t sequence = run.last_sequence();
    if (write(tell, &sequence, sizeof(sequence)) != sizeof(sequence)) _exit(2);
  }
}

TEST_F(SqliteRunStoreTest, WhatWasAcknowledgedSurvivesKill9) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t writer = fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    close(pipe_ends[0]);
    WriteUntilKilled(path_, pipe_ends[1]);
  }
  close(pipe_ends[1]);
  int64_t acknowledged = 0;
  while (acknowledged < 20) {
    ASSERT_EQ(read(pipe_ends[0], &acknowledged, sizeof(acknowledged)),
              static_cast<ssize_t>(sizeof(acknowledged)));
  }
  ASSERT_EQ(kill(writer, SIGKILL), 0);
  ASSERT_EQ(waitpid(writer, nullptr, 0), writer);
  // Those told between the last read and the kill count too.
  for (int64_t told; read(pipe_ends[0], &told, sizeof(told)) == sizeof(told);) acknowledged = told;
  close(pipe_ends[0]);

  std::unique_ptr<SqliteRunStore> store = Open();
  absl::StatusOr<std::vector<v1::Event>> events = store->ReadEvents("s4-1", 0, 1 << 20);
  ASSERT_OK(events);
  EXPECT_GE(static_cast<int64_t>(events->size()), acknowledged);
  for (size_t i = 0; i < events->size(); ++i) {
    EXPECT_EQ(events->at(i).sequence(), static_cast<int64_t>(i) + 1);
  }
  EXPECT_EQ(store->Get("s4-1")->last_sequence(), static_cast<int64_t>(events->size()));
}

TEST_F(SqliteRunStoreTest, AFileThatIsNoDatabaseIsRefusedAndUntouched) {
  const std::string garbage(8192, 'x');
  WriteFile(path_, garbage);
  EXPECT_THAT(SqliteRunStore::Open(path_), StatusIs(absl::StatusCode::kDataLoss, path_));
  EXPECT_EQ(ReadFile(path_), garbage);
}

TEST_F(SqliteRunStoreTest, ATruncatedDatabaseIsRefusedAndUntouched) {
  {
    std::unique_ptr<SqliteRunStore> store = Open();
    v1::Run run = store->Create(QueuedRun(), "", {}).value();
    ASSERT_OK(AppendOne(*store, run));
  }
  const std::string half = ReadFile(path_).substr(0, 2 * 4096);
  WriteFile(path_, half);
  EXPECT_THAT(SqliteRunStore::Open(path_),
              StatusIs(absl::StatusCode::kDataLoss, "restore it from a backup"));
  EXPECT_EQ(ReadFile(path_), half);
}

TEST_F(SqliteRunStoreTest, ADamagedPageIsRefusedAndUntouched) {
  {
    std::unique_ptr<SqliteRunStore> store = Open();
    v1::Run run = store->Create(QueuedRun(), "", {}).value();
    for (int i = 0; i < 200; ++i) ASSERT_OK(AppendOne(*store, run));
  }
  std::string damaged = ReadFile(path_);
  ASSERT_GT(damaged.size(), 3u * 4096);
  damaged.replace(damaged.size() - 4096, 4096, std::string(4096, '\xee'));
  WriteFile(path_, damaged);
  EXPECT_THAT(SqliteRunStore::Open(path_), StatusIs(absl::StatusCode::kDataLoss, "damaged"));
  EXPECT_EQ(ReadFile(path_), damaged);
}

TEST_F(SqliteRunStoreTest, ADatabaseOfANewerProgramIsRefusedAndUntouched) {
  Open();
  {
    std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::Open(path_)).value();
    ASSERT_OK(database->StartWriting());
    ASSERT_OK(database->Execute("PRAGMA user_version = 999"));
  }
  const std::string before = ReadFile(path_);
  EXPECT_THAT(SqliteRunStore::Open(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "or older, got 999"));
  EXPECT_EQ(ReadFile(path_), before);
}

TEST_F(SqliteRunStoreTest, AnotherProgramsDatabaseIsRefused) {
  {
    std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::Open(path_)).value();
    ASSERT_OK(database->Execute("CREATE TABLE recipes (id INTEGER)"));
  }
  EXPECT_THAT(SqliteRunStore::Open(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "belongs to another program"));
}

TEST_F(SqliteRunStoreTest, AnAbsentDirectoryIsAnError) {
  EXPECT_THAT(SqliteRunStore::Open(directory_.Path("absent/runs.sqlite")),
              StatusIs(absl::StatusCode::kPermissionDenied, "absent/runs.sqlite"));
}

TEST_F(SqliteRunStoreTest, PeopleCanQueryStatesAndEventKinds) {
  std::unique_ptr<SqliteRunStore> store = Open();
  v1::Run run = store->Create(QueuedRun(), "", {}).value();
  run.set_state(v1::RUN_STATE_RUNNING);
  ASSERT_OK(AppendOne(*store, run));
  std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::Open(path_)).value();
  EXPECT_EQ(database->QueryText("SELECT state FROM runs WHERE id = 's4-1'").value(), "RUNNING");
  EXPECT_EQ(database->QueryText("SELECT kind FROM events").value(), "train_step");
}

TEST_F(SqliteRunStoreTest, PeopleCanQueryAttemptsCheckpointsAndPublishedVersions) {
  std::unique_ptr<SqliteRunStore> store = Open();
  v1::Run run = store->Create(QueuedRun(), "", {}).value();
  v1::Attempt& attempt = *run.add_attempts();
  attempt.set_number(1);
  attempt.set_pid(4711);
  attempt.set_lost(true);
  std::vector<v1::Event> events(3);
  events[0].mutable_state_changed()->set_to(v1::RUN_STATE_QUEUED);
  events[1].mutable_checkpoint_written()->set_step(100);
  events[1].mutable_checkpoint_written()->set_size_bytes(12345);
  events[2].mutable_model_published()->set_model("s4");
  events[2].mutable_model_published()->set_version(7);
  for (v1::Event& event : events) {
    event.set_run_id(run.id());
    run.set_last_sequence(run.last_sequence() + 1);
    event.set_sequence(run.last_sequence());
  }
  ASSERT_OK(store->UpdateWithEvents(run, events));
  std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::Open(path_)).value();
  EXPECT_EQ(database->QueryInteger("SELECT pid FROM attempts WHERE lost").value(), 4711);
  EXPECT_EQ(database->QueryInteger("SELECT size_bytes FROM checkpoints WHERE step = 100").value(),
            12345);
  EXPECT_EQ(database->QueryText("SELECT run_id FROM model_versions WHERE version = 7").value(),
            "s4-1");
}

TEST_F(SqliteRunStoreTest, DeletingARunGivesItsSpaceBack) {
  std::unique_ptr<SqliteRunStore> store = Open();
  const int64_t empty = store->SizeBytes();
  v1::Run run = store->Create(QueuedRun(), "", {}).value();
  std::vector<v1::Event> events(20000);
  for (v1::Event& event : events) {
    event.set_run_id(run.id());
    run.set_last_sequence(run.last_sequence() + 1);
    event.set_sequence(run.last_sequence());
    event.mutable_message()->set_text(std::string(200, 'x'));
  }
  run.set_state(v1::RUN_STATE_FAILED);
  ASSERT_OK(store->UpdateWithEvents(run, events));
  ASSERT_GT(store->SizeBytes(), empty + 20000 * 200);
  ASSERT_OK(store->Delete(run.id()));
  while (store->Reclaim().value()) {
  }
  // The log of writes, at most 16 MiB, may stay; what it says is in the file itself then.
  store.reset();
  EXPECT_LT(std::filesystem::file_size(path_), 200'000u);
}

TEST_F(SqliteRunStoreTest, ADeletionThatWasCutShortIsFinishedAfterReopening) {
  {
    std::unique_ptr<SqliteRunStore> store = Open();
    v1::Run run = store->Create(QueuedRun(), "", {}).value();
    run.set_state(v1::RUN_STATE_FAILED);
    for (int i = 0; i < 10; ++i) ASSERT_OK(AppendOne(*store, run));
    ASSERT_OK(store->Delete(run.id()));
  }
  std::unique_ptr<SqliteRunStore> store = Open();
  while (store->Reclaim().value()) {
  }
  std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::Open(path_)).value();
  EXPECT_EQ(database->QueryInteger("SELECT COUNT(*) FROM events").value(), 0);
  EXPECT_EQ(database->QueryInteger("SELECT COUNT(*) FROM removals").value(), 0);
}

// As the first version of the program made it.
constexpr char kFirstVersion[] = R"sql(
  CREATE TABLE runs (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    number INTEGER NOT NULL, state TEXT NOT NULL, create_time TEXT NOT NULL,
    request_id TEXT NOT NULL, request_digest BLOB NOT NULL, last_sequence INTEGER NOT NULL,
    run BLOB NOT NULL, UNIQUE (name, number));
  CREATE UNIQUE INDEX runs_request ON runs (request_id) WHERE request_id <> '';
  CREATE INDEX runs_active ON runs (ordinal)
    WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED');
  CREATE TABLE events (
    run_id TEXT NOT NULL REFERENCES runs (id), sequence INTEGER NOT NULL, kind TEXT NOT NULL,
    event BLOB NOT NULL, PRIMARY KEY (run_id, sequence)) WITHOUT ROWID;
  PRAGMA application_id = 1953656420;
  PRAGMA user_version = 1;
  PRAGMA journal_mode = WAL;
  INSERT INTO runs VALUES (1, 's4-1', 's4', 1, 'FAILED', '', '', '', 0, '');
  INSERT INTO runs VALUES (2, 's4-2', 's4', 2, 'FAILED', '', '', '', 0, '');
)sql";

TEST_F(SqliteRunStoreTest, ADatabaseOfTheFirstVersionIsTakenOver) {
  {
    std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::Open(path_)).value();
    ASSERT_OK(database->Execute(kFirstVersion));
  }
  std::unique_ptr<SqliteRunStore> store = Open();
  EXPECT_EQ(store->Create(QueuedRun(), "", {})->id(), "s4-3");
  ASSERT_OK(store->Delete("s4-2"));
  std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::Open(path_)).value();
  EXPECT_EQ(database->QueryInteger("PRAGMA user_version").value(), NewestSchemaVersion());
  EXPECT_EQ(database->QueryInteger("PRAGMA auto_vacuum").value(), 2);  // INCREMENTAL
}

TEST_F(SqliteRunStoreTest, ReadersAndWritersOnManyThreadsSeeWholeUpdates) {
  std::unique_ptr<SqliteRunStore> store = Open();
  v1::Run run = store->Create(QueuedRun(), "", {}).value();
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_THAT(AppendOne(*store, run), IsOk());
  });
  int64_t seen = 0;
  while (seen < 50) {
    const int64_t sequence = store->Get("s4-1")->last_sequence();
    const auto count = static_cast<int64_t>(store->ReadEvents("s4-1", 0, 100)->size());
    ASSERT_GE(sequence, seen);
    ASSERT_GE(count, sequence);  // read later, so never fewer
    seen = sequence;
  }
  writer.join();
}

}  // namespace
}  // namespace traind
