#include "tests/support/fake_run_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

bool IsTerminal(v1::RunState state) {
  return state == v1::RUN_STATE_SUCCEEDED || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

absl::Status CheckSequence(const v1::Run& run, absl::Span<const v1::Event> events,
                           int64_t sequence) {
  for (const v1::Event& event : events) {
    if (event.sequence() != ++sequence) {
      return absl::FailedPreconditionError(
          absl::StrCat("run ", run.id(), " expected event ", sequence, ", got ", event.sequence()));
    }
  }
  if (run.last_sequence() == sequence) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("run ", run.id(), " expected last_sequence ",
                                                    sequence, ", got ", run.last_sequence()));
}

}  // namespace

absl::StatusOr<v1::Run> FakeRunStore::Create(v1::Run run, absl::string_view request_digest,
                                             absl::Span<const v1::Event> events) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(write_status_);
  RETURN_IF_ERROR(CheckSequence(run, events, 0));
  for (const Row& row : rows_) {
    if (!run.request_id().empty() && row.run.request_id() == run.request_id()) {
      return absl::AlreadyExistsError(
          absl::StrCat("request_id ", run.request_id(), " made run ", row.run.id()));
    }
  }
  run.set_id(absl::StrCat(run.recipe().name(), "-", ++newest_number_[run.recipe().name()]));
  run.clear_progress();
  rows_.push_back({run, std::string(request_digest), {events.begin(), events.end()}});
  for (v1::Event& event : rows_.back().events) event.set_run_id(run.id());
  return run;
}

absl::Status FakeRunStore::Update(const v1::Run& run) { return UpdateWithEvents(run, {}); }

absl::Status FakeRunStore::UpdateWithEvents(const v1::Run& run,
                                            absl::Span<const v1::Event> events) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(write_status_);
  ASSIGN_OR_RETURN(const size_t index, Find(run.id()));
  Row& row = rows_[index];
  RETURN_IF_ERROR(CheckSequence(run, events, row.run.last_sequence()));
  row.run = run;
  row.run.clear_progress();
  row.events.insert(row.events.end(), events.begin(), events.end());
  while (!row.events.empty() && row.events.front().sequence() < run.first_sequence()) {
    row.events.erase(row.events.begin());
    something_to_reclaim_ = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Run> FakeRunStore::Get(absl::string_view run_id) const {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const size_t index, Find(run_id));
  return rows_[index].run;
}

absl::StatusOr<std::vector<v1::Run>> FakeRunStore::List(int count, absl::string_view before_id,
                                                        const RunFilter& filter) const {
  absl::MutexLock lock(&mutex_);
  size_t end = rows_.size();
  if (!before_id.empty()) {
    ASSIGN_OR_RETURN(end, Find(before_id));
  }
  std::vector<v1::Run> runs;
  while (end > 0 && static_cast<int>(runs.size()) < count) {
    const v1::Run& run = rows_[--end].run;
    const bool state_passes =
        filter.states.empty() ||
        std::find(filter.states.begin(), filter.states.end(), run.state()) != filter.states.end();
    const bool name_passes = filter.name.empty() || filter.name == run.recipe().name();
    const bool sweep_passes = filter.sweep_id.empty() || filter.sweep_id == run.sweep_id();
    if (state_passes && name_passes && sweep_passes) runs.push_back(run);
  }
  return runs;
}

absl::StatusOr<std::vector<v1::Run>> FakeRunStore::ListActive() const {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::Run> runs;
  for (const Row& row : rows_) {
    if (!IsTerminal(row.run.state())) runs.push_back(row.run);
  }
  return runs;
}

absl::StatusOr<std::vector<std::string>> FakeRunStore::ListEnded() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> ids;
  for (const Row& row : rows_) {
    if (IsTerminal(row.run.state())) ids.push_back(row.run.id());
  }
  return ids;
}

absl::Status FakeRunStore::Delete(absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(write_status_);
  ASSIGN_OR_RETURN(const size_t index, Find(run_id));
  if (!IsTerminal(rows_[index].run.state())) {
    return absl::FailedPreconditionError(
        absl::StrCat("run ", run_id, ": expected one that has ended"));
  }
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(index));
  something_to_reclaim_ = true;
  return absl::OkStatus();
}

absl::StatusOr<bool> FakeRunStore::Reclaim() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(something_to_reclaim_, false);
}

int64_t FakeRunStore::SizeBytes() const {
  absl::MutexLock lock(&mutex_);
  size_t size = 0;
  for (const Row& row : rows_) {
    size += row.run.ByteSizeLong();
    for (const v1::Event& event : row.events) size += event.ByteSizeLong();
  }
  return static_cast<int64_t>(size);
}

absl::StatusOr<std::optional<RunStore::RequestMatch>> FakeRunStore::FindRequest(
    absl::string_view request_id) const {
  absl::MutexLock lock(&mutex_);
  for (const Row& row : rows_) {
    if (!request_id.empty() && row.run.request_id() == request_id) {
      return RequestMatch{row.run.id(), row.request_digest};
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<v1::Event>> FakeRunStore::ReadEvents(absl::string_view run_id,
                                                                int64_t after_sequence,
                                                                int count) const {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const size_t index, Find(run_id));
  std::vector<v1::Event> events;
  for (const v1::Event& event : rows_[index].events) {
    if (static_cast<int>(events.size()) == count) break;
    if (event.sequence() > after_sequence) events.push_back(event);
  }
  return events;
}

void FakeRunStore::FailWritesWith(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  write_status_ = std::move(status);
}

absl::StatusOr<size_t> FakeRunStore::Find(absl::string_view run_id) const {
  for (size_t index = 0; index < rows_.size(); ++index) {
    if (rows_[index].run.id() == run_id) return index;
  }
  return absl::NotFoundError(absl::StrCat("no run ", run_id));
}

}  // namespace traind
