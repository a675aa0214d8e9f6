#ifndef TRAIND_SERVER_STORE_FILE_DISK_RESERVE_H_
#define TRAIND_SERVER_STORE_FILE_DISK_RESERVE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/runs/disk_reserve.h"

namespace traind {

// A reserve in the form of a file with allocated blocks. Thread-safe.
class FileDiskReserve : public DiskReserve {
 public:
  // Takes the room at once if there is plenty; a file of an earlier server is
  // taken over.
  FileDiskReserve(std::string path, int64_t size_bytes);

  void Release() override;
  // Plenty is four times the reserve.
  void Restore() override;

  bool held() const;

 private:
  bool HasPlenty() const;

  // Constant after construction.
  const std::string path_;
  const int64_t size_bytes_;

  mutable absl::Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_DISK_RESERVE_H_
