#include "server/datasets/push_files.h"

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_importer.h"
#include "server/datasets/mapped_file.h"

namespace traind {

absl::StatusOr<v1::BeginDatasetPushRequest> ReadPushRequest(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kPushRequestFile);
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  v1::BeginDatasetPushRequest request;
  if (!request.ParseFromArray(file.bytes().data(), static_cast<int>(file.bytes().size())) ||
      request.files_size() == 0) {
    return absl::DataLossError(absl::StrCat(path, ": expected the request of a push"));
  }
  return request;
}

std::vector<InputFile> PushFilesOf(const std::string& folder,
                                   const v1::BeginDatasetPushRequest& request) {
  std::vector<InputFile> files;
  files.reserve(static_cast<size_t>(request.files_size()));
  for (int i = 0; i < request.files_size(); ++i) {
    // By number: a user's path is nobody's path here.
    files.push_back({request.files(i).path(), absl::StrCat(folder, "/", kPushFilesFolder, "/",
                                                           absl::Dec(i, absl::kZeroPad6))});
  }
  return files;
}

}  // namespace traind
