#include "server/dataset_import.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/datasets/content_hash.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/dataset_description.h"
#include "server/datasets/dataset_directory.h"
#include "server/datasets/dataset_importer.h"
#include "server/datasets/dataset_reader.h"
#include "server/datasets/input_file.h"
#include "server/datasets/mapped_file.h"
#include "server/datasets/push_files.h"
#include "server/datasets/stored_split.h"
#include "server/runs/timestamps.h"
#include "server/store/durable_files.h"
#include "traind/v1/dataset_service.pb.h"

namespace traind {
namespace {

absl::Status CheckSha256(const std::vector<InputFile>& files, const std::string& expected) {
  Sha256 sha256;
  for (const InputFile& file : files) {
    ASSIGN_OR_RETURN(const MappedFile mapped, MappedFile::Open(file.path));
    sha256.Add(mapped.bytes());
  }
  const std::string got = sha256.Hex();
  if (got == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("expected bytes with the SHA-256 ", expected, ", got ",
                                          got, "; the files changed on the way, push them again"));
}

// Returns the file's size.
absl::StatusOr<int64_t> WriteSplit(const std::string& folder, const std::string& name,
                                   const Split& split) {
  ASSIGN_OR_RETURN(const std::string file, EncodeSplit(split));
  RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", name, ".safetensors"), file));
  return static_cast<int64_t>(file.size());
}

absl::Status WriteDataset(const std::string& folder, v1::Dataset description,
                          const DatasetContent& content) {
  RETURN_IF_ERROR(RemoveTree(folder));
  RETURN_IF_ERROR(CreateDirectories(folder));
  int64_t size = 0;
  for (const auto& [name, split] : content.splits) {
    ASSIGN_OR_RETURN(const int64_t bytes, WriteSplit(folder, name, split));
    size += bytes;
  }
  description.set_size_bytes(size);
  std::string text;
  google::protobuf::TextFormat::PrintToString(description, &text);
  RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", kDatasetDescriptionFile), text));
  return SyncDirectory(folder);
}

}  // namespace

absl::Status ImportDataset(const std::string& folder, const Limits& limits, const Clock& clock) {
  ASSIGN_OR_RETURN(const v1::BeginDatasetPushRequest request, ReadPushRequest(folder));
  const std::vector<InputFile> files = PushFilesOf(folder, request);
  RETURN_IF_ERROR(CheckSha256(files, request.sha256()));
  ASSIGN_OR_RETURN(const DatasetContent content, ReadDataset(files, request.source(), limits));
  v1::Dataset description = DescribeDataset(request.name(), content);
  *description.mutable_create_time() = ToTimestamp(clock.Now());
  description.set_push_id(std::filesystem::path(folder).filename().string());
  return WriteDataset(absl::StrCat(folder, "/", kPushDatasetFolder), std::move(description),
                      content);
}

}  // namespace traind
