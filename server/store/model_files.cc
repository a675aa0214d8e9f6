#include "server/store/model_files.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"

namespace traind {
namespace {

template <typename Message>
absl::StatusOr<Message> ReadText(const std::string& path, absl::string_view what,
                                 absl::string_view way_out) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Message message;
  if (!file.good() || !google::protobuf::TextFormat::ParseFromString(text, &message)) {
    return absl::DataLossError(absl::StrCat("expected ", what, " in ", path, ", got ",
                                            file.good() ? "other text" : "no file", "; ", way_out));
  }
  return message;
}

}  // namespace

absl::StatusOr<v1::ModelVersion> ReadDescription(const std::string& path) {
  return ReadText<v1::ModelVersion>(path, "a model version's description",
                                    "restore it or move its folder away");
}

absl::StatusOr<std::optional<v1::ModelSample>> ReadSample(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::optional<v1::ModelSample>();
  std::ifstream file(path, std::ios::binary);
  v1::ModelSample sample;
  if (!file.good() || !sample.ParseFromIstream(&file)) {
    return absl::DataLossError(absl::StrCat("expected a model version's sample in ", path, ", got ",
                                            file.is_open() ? "other bytes" : "no file",
                                            "; restore it"));
  }
  return std::optional<v1::ModelSample>(std::move(sample));
}

absl::StatusOr<v1::Model> LoadAliases(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kAliasesFile);
  // Hidden by its ending alone: what ReplaceFileDurably writes first.
  RETURN_IF_ERROR(RemoveTree(absl::StrCat(path, ".new")));
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return v1::Model();
  return ReadText<v1::Model>(path, "a model's aliases", "restore it");
}

absl::Status ReplaceAliases(const std::string& folder, v1::Model record) {
  record.clear_versions();
  std::string text;
  google::protobuf::TextFormat::PrintToString(record, &text);
  return ReplaceFileDurably(absl::StrCat(folder, "/", kAliasesFile), text);
}

}  // namespace traind
