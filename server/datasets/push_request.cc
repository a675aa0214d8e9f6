#include "server/datasets/push_request.h"

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/quoted_text.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/dataset_reader.h"
#include "server/datasets/input_file.h"
#include "server/datasets/row_partition.h"

namespace traind {
namespace {

constexpr size_t kPathBytesMax = 1024;
constexpr size_t kSha256Digits = 64;
constexpr size_t kIdDigits = 32;
constexpr int kNamedColumnsMax = 10'000;

absl::Status CheckPath(const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  const bool well_formed = path.size() <= kPathBytesMax && IsUtf8(path) &&
                           std::none_of(parts.begin(), parts.end(),
                                        [](const std::string& part) {
                                          return part.empty() || part == "." || part == "..";
                                        }) &&
                           std::none_of(path.begin(), path.end(), absl::ascii_iscntrl);
  if (well_formed) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "files: expected paths such as train/cat/12.png, without `..`, got ", QuotedText(path)));
}

absl::Status CheckFiles(const v1::BeginDatasetPushRequest& request, const Limits& limits) {
  if (request.files_size() < 1 || request.files_size() > limits.dataset_files_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "files: expected 1 to ", limits.dataset_files_max, ", got ", request.files_size()));
  }
  std::set<std::string> seen;
  std::vector<InputFile> files;
  int64_t total = 0;
  for (const v1::PushedFile& file : request.files()) {
    RETURN_IF_ERROR(CheckPath(file.path()));
    if (!seen.insert(file.path()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("files: expected each path once, got ", QuotedText(file.path()), " twice"));
    }
    if (file.size_bytes() < 0 || file.size_bytes() > limits.dataset_bytes_max - total) {
      return absl::InvalidArgumentError(absl::StrCat(
          "files: expected at most ", limits.dataset_bytes_max, " bytes in all, got more"));
    }
    total += file.size_bytes();
    files.push_back({file.path(), file.path()});
  }
  if (request.source().format() != v1::DATASET_FORMAT_UNSPECIFIED) return absl::OkStatus();
  return FormatOf(files).status();
}

absl::Status CheckSource(const v1::DatasetSource& source) {
  if (!v1::DatasetFormat_IsValid(source.format()) ||
      !v1::MissingValues_IsValid(source.missing_values())) {
    return absl::InvalidArgumentError(
        "source: expected a format and missing_values that are known");
  }
  const int named =
      source.target_columns_size() + source.ignored_columns_size() + source.category_columns_size();
  if (named > kNamedColumnsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("source: expected at most ", kNamedColumnsMax, " named columns, got ", named));
  }
  return SharesOf(source).status();
}

}  // namespace

absl::Status CheckPushRequest(const v1::BeginDatasetPushRequest& request, const Limits& limits) {
  RETURN_IF_ERROR(CheckDatasetName("dataset", request.name()));
  RETURN_IF_ERROR(CheckSource(request.source()));
  const std::string& sha256 = request.sha256();
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  if (sha256.size() != kSha256Digits || !std::all_of(sha256.begin(), sha256.end(), is_digit)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sha256: expected 64 lower-case hexadecimal digits, got ", QuotedText(sha256)));
  }
  return CheckFiles(request, limits);
}

std::string PushId(const v1::BeginDatasetPushRequest& request) {
  return Sha256Hex(request.SerializeAsString()).substr(0, kIdDigits);
}

int64_t TotalBytes(const v1::BeginDatasetPushRequest& request) {
  int64_t total = 0;
  for (const v1::PushedFile& file : request.files()) total += file.size_bytes();
  return total;
}

}  // namespace traind
