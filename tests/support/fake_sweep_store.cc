#include "tests/support/fake_sweep_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {

absl::StatusOr<v1::Sweep> FakeSweepStore::Create(v1::Sweep sweep,
                                                 absl::string_view request_digest) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(write_status_);
  for (const Row& row : rows_) {
    if (!sweep.request_id().empty() && row.sweep.request_id() == sweep.request_id()) {
      return absl::AlreadyExistsError(
          absl::StrCat("request_id ", sweep.request_id(), " made sweep ", row.sweep.id()));
    }
  }
  const std::string& name = sweep.recipe().name();
  sweep.set_id(absl::StrCat(name, "-sweep-", ++newest_number_[name]));
  rows_.push_back({sweep, std::string(request_digest)});
  return sweep;
}

absl::Status FakeSweepStore::Update(const v1::Sweep& sweep) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(write_status_);
  ASSIGN_OR_RETURN(const size_t index, Find(sweep.id()));
  rows_[index].sweep = sweep;
  return absl::OkStatus();
}

absl::StatusOr<v1::Sweep> FakeSweepStore::Get(absl::string_view sweep_id) const {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const size_t index, Find(sweep_id));
  return rows_[index].sweep;
}

absl::StatusOr<std::vector<v1::Sweep>> FakeSweepStore::List(int count, absl::string_view before_id,
                                                            absl::string_view name) const {
  absl::MutexLock lock(&mutex_);
  size_t end = rows_.size();
  if (!before_id.empty()) {
    ASSIGN_OR_RETURN(end, Find(before_id));
  }
  std::vector<v1::Sweep> sweeps;
  while (end > 0 && static_cast<int>(sweeps.size()) < count) {
    const v1::Sweep& sweep = rows_[--end].sweep;
    if (name.empty() || name == sweep.recipe().name()) sweeps.push_back(sweep);
  }
  return sweeps;
}

absl::StatusOr<std::vector<v1::Sweep>> FakeSweepStore::ListActive() const {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::Sweep> sweeps;
  for (const Row& row : rows_) {
    if (row.sweep.state() == v1::SWEEP_STATE_RUNNING) sweeps.push_back(row.sweep);
  }
  return sweeps;
}

absl::StatusOr<std::optional<SweepStore::RequestMatch>> FakeSweepStore::FindRequest(
    absl::string_view request_id) const {
  absl::MutexLock lock(&mutex_);
  for (const Row& row : rows_) {
    if (!request_id.empty() && row.sweep.request_id() == request_id) {
      return RequestMatch{row.sweep.id(), row.request_digest};
    }
  }
  return std::nullopt;
}

absl::Status FakeSweepStore::Delete(absl::string_view sweep_id) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(write_status_);
  ASSIGN_OR_RETURN(const size_t index, Find(sweep_id));
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(index));
  return absl::OkStatus();
}

void FakeSweepStore::FailWritesWith(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  write_status_ = std::move(status);
}

absl::StatusOr<size_t> FakeSweepStore::Find(absl::string_view sweep_id) const {
  for (size_t index = 0; index < rows_.size(); ++index) {
    if (rows_[index].sweep.id() == sweep_id) return index;
  }
  return absl::NotFoundError(absl::StrCat("no sweep ", sweep_id));
}

}  // namespace traind
