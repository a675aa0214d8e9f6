#ifndef TRAIND_SERVER_DATASETS_DATASET_STORE_H_
#define TRAIND_SERVER_DATASETS_DATASET_STORE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/dataset.pb.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {

// Keeps what is pushed. What a call has answered is durable. Thread-safe; calls block on
// the disk. Codes as in dataset_service.proto.
class DatasetStore {
 public:
  virtual ~DatasetStore() = default;

  virtual absl::StatusOr<v1::DatasetPush> BeginPush(const v1::BeginDatasetPushRequest& request) = 0;

  // Bytes of a push that begin at `offset`, the number of those that came before.
  virtual absl::Status Append(absl::string_view push_id, int64_t offset,
                              absl::string_view bytes) = 0;

  // Makes the dataset of a push whose bytes are all there. Waits until its files are read,
  // which may take minutes. FAILED_PRECONDITION while bytes are missing.
  virtual absl::StatusOr<v1::Dataset> FinishPush(absl::string_view push_id) = 0;

  // Returns what its files occupied. FAILED_PRECONDITION for one that was not pushed.
  virtual absl::StatusOr<int64_t> Delete(absl::string_view name) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_STORE_H_
