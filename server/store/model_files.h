#ifndef TRAIND_SERVER_STORE_MODEL_FILES_H_
#define TRAIND_SERVER_STORE_MODEL_FILES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/model.pb.h"

namespace traind {

// The text files of a published model (docs/formats.md). Thread-safe: no state.

// In a version's folder: what is in it.
inline constexpr absl::string_view kDescriptionFile = "version.textproto";
// In a model's folder: its aliases and the highest number that was given.
inline constexpr absl::string_view kAliasesFile = "aliases.textproto";

// A version's description. DATA_LOSS when the file is absent or cannot be read.
absl::StatusOr<v1::ModelVersion> ReadDescription(const std::string& path);

// What a version answered in its training; none without the file. DATA_LOSS when it
// cannot be read.
absl::StatusOr<std::optional<v1::ModelSample>> ReadSample(const std::string& path);

// The aliases of the model in `folder`, without versions; an empty record when there is
// no such file. DATA_LOSS when it cannot be read. Removes what a replacement that was
// cut short left behind.
absl::StatusOr<v1::Model> LoadAliases(const std::string& folder);

// Replaces the aliases' file in `folder` by the record's, in one step. Leaves its
// versions out. Codes as in FileError.
absl::Status ReplaceAliases(const std::string& folder, v1::Model record);

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_MODEL_FILES_H_
