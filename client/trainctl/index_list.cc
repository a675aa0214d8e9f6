#include "client/trainctl/index_list.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace traind {
namespace {

bool ParseRange(absl::string_view text, int64_t& first, int64_t& last) {
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(text, absl::MaxSplits("..", 1));
  if (!absl::SimpleAtoi(ends.first, &first)) return false;
  last = first;
  const bool is_range = ends.first.size() != text.size();
  if (is_range && !absl::SimpleAtoi(ends.second, &last)) return false;
  return first >= 0 && last >= first && last < std::numeric_limits<int64_t>::max();
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> ParseIndexList(const std::string& text, int count_max) {
  std::vector<int64_t> indexes;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    int64_t first = 0;
    int64_t last = 0;
    if (!ParseRange(part, first, last)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--index: expected rows such as 3, 1,5,7 or 0..9, got `", text, "`"));
    }
    if (last - first >= count_max - static_cast<int64_t>(indexes.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("--index: at most ", count_max, " rows at a time, got `", text, "`"));
    }
    for (int64_t index = first; index <= last; ++index) indexes.push_back(index);
  }
  return indexes;
}

}  // namespace traind
