#include "server/stored_weights.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/safetensors.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/recipes/initial_weights.h"
#include "server/torch/checkpoint/manifest.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 1 << 20;

// A file of weights without the weights.
struct WeightsFile {
  std::vector<SafetensorsEntry> entries;
  std::string sha256;
};

absl::Status NotAsExpected(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("initial_weights: expected a safetensors file ", path, ", got ", what));
}

// Adds the next bytes of a file to `bytes`; false when there are fewer.
bool ReadPiece(std::ifstream& file, size_t count, std::string& bytes) {
  const size_t before = bytes.size();
  bytes.resize(before + count);
  file.read(bytes.data() + before, static_cast<std::streamsize>(count));
  return static_cast<size_t>(file.gcount()) == count;
}

// Piece by piece and not mapped: whoever changes the file meanwhile does the server no harm.
absl::StatusOr<WeightsFile> ReadWeightsFile(const std::string& path, int64_t bytes_max) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return NotAsExpected(path, "none; put it there, or name another one");
  }
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  if (error || size > bytes_max) {
    return NotAsExpected(path, absl::StrCat(size, " bytes; at most ", bytes_max, " are read"));
  }
  std::ifstream file(path, std::ios::binary);
  std::string head;
  if (!ReadPiece(file, static_cast<size_t>(std::min<int64_t>(size, 8)), head)) {
    return NotAsExpected(path, "one that cannot be read");
  }
  const absl::StatusOr<int64_t> end = SafetensorsHeaderEnd(head, size);
  if (!end.ok()) return NotAsExpected(path, end.status().message());
  if (!ReadPiece(file, static_cast<size_t>(*end) - head.size(), head)) {
    return NotAsExpected(path, "one that cannot be read");
  }
  absl::StatusOr<std::vector<SafetensorsEntry>> entries = ReadSafetensorsHeader(head, size);
  if (!entries.ok()) return NotAsExpected(path, entries.status().message());

  Sha256 sha256;
  sha256.Add(head);
  int64_t left = size - *end;
  while (left > 0) {
    std::string piece;
    const auto count = static_cast<size_t>(std::min<int64_t>(left, kPieceBytes));
    if (!ReadPiece(file, count, piece)) return NotAsExpected(path, "one that became shorter");
    sha256.Add(piece);
    left -= static_cast<int64_t>(count);
  }
  return WeightsFile{*std::move(entries), sha256.Hex()};
}

}  // namespace

StoredWeights::StoredWeights(const ModelStore& models, std::string datasets_directory,
                             const Limits& limits)
    : models_(models), datasets_directory_(std::move(datasets_directory)), limits_(limits) {}

absl::Status StoredWeights::Resolve(v1::Recipe& recipe) const {
  v1::InitialWeights& weights = *recipe.mutable_initial_weights();
  if (weights.has_model()) RETURN_IF_ERROR(ResolveVersion(weights));
  ASSIGN_OR_RETURN(const WeightsFile file,
                   ReadWeightsFile(PathOf(weights), limits_.initial_weights_bytes_max));
  RETURN_IF_ERROR(
      MatchInitialWeights(recipe, InitialWeightsSource(weights), file.entries).status());
  if (weights.sha256().empty()) weights.set_sha256(file.sha256);
  if (weights.sha256() == file.sha256) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("initial_weights.sha256: expected ", file.sha256, ", that of ",
                   InitialWeightsSource(weights), ", got ", weights.sha256(),
                   "; bring the weights that the recipe means, or leave the field out"));
}

absl::Status StoredWeights::ResolveVersion(v1::InitialWeights& weights) const {
  ASSIGN_OR_RETURN(const VersionReference reference, ParseVersionReference(weights.model()));
  const absl::StatusOr<int64_t> version =
      reference.alias.empty() ? models_.FindVersion(reference.model, reference.version)
                              : models_.FindAliased(reference.model, reference.alias);
  if (!version.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("initial_weights.model: ", version.status().message()));
  }
  weights.set_model(absl::StrCat(reference.model, "@", *version));
  return absl::OkStatus();
}

std::string StoredWeights::PathOf(const v1::InitialWeights& weights) const {
  if (weights.has_safetensors()) {
    return absl::StrCat(datasets_directory_, "/", weights.safetensors());
  }
  const absl::StatusOr<VersionReference> reference = ParseVersionReference(weights.model());
  if (!reference.ok()) return "";
  return absl::StrCat(models_.Directory(reference->model, reference->version), "/",
                      kWeightsFileName);
}

}  // namespace traind
