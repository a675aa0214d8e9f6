#ifndef TRAIND_SERVER_DATASETS_PUSH_REQUEST_H_
#define TRAIND_SERVER_DATASETS_PUSH_REQUEST_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "server/base/limits.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {

// Checks all that can be told of a push before its bytes are there: name, paths (relative,
// without `..`, each once), number of files, SHA-256, shares, and that files are of one
// format. INVALID_ARGUMENT names the field.
absl::Status CheckPushRequest(const v1::BeginDatasetPushRequest& request, const Limits& limits);

// Names a push: equal for equal requests, 32 hexadecimal digits.
std::string PushId(const v1::BeginDatasetPushRequest& request);

// Bytes of all its files.
int64_t TotalBytes(const v1::BeginDatasetPushRequest& request);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_PUSH_REQUEST_H_
