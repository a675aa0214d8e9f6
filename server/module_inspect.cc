#include "server/module_inspect.h"

#include <google/protobuf/text_format.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/mapped_file.h"
#include "server/modules/module_archive.h"
#include "server/modules/module_files.h"
#include "server/runs/checkpoint_store.h"
#include "server/runs/timestamps.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/infer/module_inspection.h"
#include "traind/v1/module_service.pb.h"

namespace traind {
namespace {

absl::StatusOr<v1::ModuleHeader> ReadHeader(const std::string& folder) {
  ASSIGN_OR_RETURN(const MappedFile file,
                   MappedFile::Open(absl::StrCat(folder, "/", kModuleHeaderFile)));
  v1::ModuleHeader header;
  if (header.ParseFromArray(file.bytes().data(), static_cast<int>(file.bytes().size()))) {
    return header;
  }
  return absl::DataLossError(absl::StrCat(kModuleHeaderFile, " is damaged"));
}

// The folder of the module; its code moves into it.
absl::Status WriteModule(const std::string& push, const InspectedModule& inspected) {
  const std::string folder = absl::StrCat(push, "/", kInspectedFolder);
  const std::string name = ModuleFileName(inspected.module.format());
  const std::string sample = inspected.sample.SerializeAsString();
  CheckpointManifest manifest;
  manifest.files.push_back({name, inspected.module.size_bytes(), inspected.module.sha256()});
  manifest.files.push_back(DescribeFile(kSampleFileName, sample));
  std::string text;
  google::protobuf::TextFormat::PrintToString(inspected.module, &text);
  RETURN_IF_ERROR(RemoveTree(folder));
  RETURN_IF_ERROR(CreateDirectories(folder));
  RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", kSampleFileName), sample));
  RETURN_IF_ERROR(
      WriteFileDurably(absl::StrCat(folder, "/", kManifestFileName), WriteManifest(manifest)));
  RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", kModuleDescriptionFile), text));
  const std::string code = absl::StrCat(folder, "/", name);
  if (rename(absl::StrCat(push, "/", kModuleBytesFile).c_str(), code.c_str()) != 0) {
    return FileError(errno, "cannot move the module to", code);
  }
  return SyncDirectory(folder);
}

}  // namespace

absl::Status InspectPushedModule(const std::string& folder, const Limits& limits,
                                 const Clock& clock) {
  ASSIGN_OR_RETURN(const v1::ModuleHeader header, ReadHeader(folder));
  const std::string path = absl::StrCat(folder, "/", kModuleBytesFile);
  ASSIGN_OR_RETURN(const v1::ModuleFormat format, FormatOfModule(path, limits));
  ASSIGN_OR_RETURN(InspectedModule inspected, InspectModule(path, format, header));
  inspected.module.set_sha256(header.sha256());
  inspected.module.set_size_bytes(header.size_bytes());
  *inspected.module.mutable_create_time() = ToTimestamp(clock.Now());
  return WriteModule(folder, inspected);
}

}  // namespace traind
