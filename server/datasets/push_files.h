#ifndef TRAIND_SERVER_DATASETS_PUSH_FILES_H_
#define TRAIND_SERVER_DATASETS_PUSH_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/datasets/input_file.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {

// The folder of a push (see dataset_importer.h).

// The request that it began with. NOT_FOUND, or DATA_LOSS when it is damaged.
absl::StatusOr<v1::BeginDatasetPushRequest> ReadPushRequest(const std::string& folder);

// Where the bytes of each file lie, in the request's order.
std::vector<InputFile> PushFilesOf(const std::string& folder,
                                   const v1::BeginDatasetPushRequest& request);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_PUSH_FILES_H_
