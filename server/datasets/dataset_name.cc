#include "server/datasets/dataset_name.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace traind {
namespace {

constexpr size_t kNameCharactersMax = 63;

}  // namespace

absl::Status CheckDatasetName(absl::string_view what, absl::string_view name) {
  const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; };
  if (!name.empty() && name.size() <= kNameCharactersMax &&
      std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      what, " name: expected 1 to ", kNameCharactersMax, " letters, digits, `-` and `_`, got `",
      absl::CHexEscape(name.substr(0, kNameCharactersMax)), "`"));
}

}  // namespace traind
