#include "client/trainctl/error_line.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace traind {

std::string OneLine(absl::string_view text) {
  return absl::StrJoin(absl::StrSplit(text, '\n', absl::SkipWhitespace()), "; ");
}

std::string ErrorLine(const absl::Status& status) {
  return absl::StrCat("trainctl: ", absl::StatusCodeToString(status.code()), ": ",
                      OneLine(status.message()));
}

}  // namespace traind
