#include "server/modules/module_header.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/quoted_text.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_name.h"
#include "server/recipes/feature_map.h"

namespace traind {
namespace {

constexpr size_t kSha256Digits = 64;
constexpr size_t kSizesMax = 3;
constexpr size_t kShapeTextBytesMax = 64;

absl::Status BadShape(absl::string_view got) {
  return absl::InvalidArgumentError(absl::StrCat(
      "input_shape: expected the sizes of one row without the batch, such as 4, or 1,28,28, got ",
      got));
}

}  // namespace

absl::Status CheckModuleName(absl::string_view name) { return CheckDatasetName("module", name); }

absl::Status CheckInputShape(absl::Span<const int64_t> sizes) {
  if (sizes.empty() || sizes.size() > kSizesMax) {
    return BadShape(absl::StrCat(sizes.size(), " sizes"));
  }
  for (const int64_t size : sizes) {
    if (size < 1 || size > INT32_MAX) return BadShape(absl::StrJoin(sizes, ","));
  }
  v1::Network network;
  *network.mutable_input() = ToInputShape(sizes);
  return InputMap(network).status();
}

absl::Status CheckModuleHeader(const v1::ModuleHeader& header, const Limits& limits) {
  RETURN_IF_ERROR(CheckModuleName(header.name()));
  const std::string& sha256 = header.sha256();
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  if (sha256.size() != kSha256Digits || !std::all_of(sha256.begin(), sha256.end(), is_digit)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sha256: expected 64 lower-case hexadecimal digits, got ", QuotedText(sha256)));
  }
  if (header.size_bytes() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("size_bytes: expected 0 or more, got ", header.size_bytes()));
  }
  if (header.size_bytes() > limits.module_bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("size_bytes: expected at most ", limits.module_bytes_max,
                     " (module_bytes_max), got ", header.size_bytes()));
  }
  if (header.fixed_row_count() < 0 || header.fixed_row_count() > limits.predict_rows_max) {
    return absl::InvalidArgumentError(absl::StrCat("fixed_row_count: expected 0 to ",
                                                   limits.predict_rows_max, ", got ",
                                                   header.fixed_row_count()));
  }
  if (header.input_shape().empty()) return absl::OkStatus();
  return CheckInputShape(header.input_shape());
}

absl::StatusOr<std::vector<int64_t>> ParseInputShape(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text.substr(0, kShapeTextBytesMax));
  std::vector<int64_t> sizes;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    int64_t size = 0;
    if (!absl::SimpleAtoi(part, &size)) return BadShape(QuotedText(text));
    sizes.push_back(size);
  }
  RETURN_IF_ERROR(CheckInputShape(sizes));
  return sizes;
}

v1::InputShape ToInputShape(absl::Span<const int64_t> sizes) {
  const auto at = [sizes](size_t i) { return static_cast<int32_t>(sizes[i]); };
  v1::InputShape input;
  if (sizes.size() == 1) {
    input.set_features(at(0));
    return input;
  }
  input.set_channels(at(0));
  if (sizes.size() == 2) {
    input.set_length(at(1));
  } else {
    input.set_height(at(1));
    input.set_width(at(2));
  }
  return input;
}

}  // namespace traind
