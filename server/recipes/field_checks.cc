#include "server/recipes/field_checks.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/quoted_text.h"

namespace traind {

std::string Quoted(absl::string_view value) { return QuotedText(value); }

absl::Status FieldError(absl::string_view path, absl::string_view expected, absl::string_view got) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": expected ", expected, ", got ", got));
}

absl::Status ExpectCount(absl::string_view path, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return FieldError(path, absl::StrCat("a whole number from ", min, " to ", max),
                    absl::StrCat(value));
}

absl::Status ExpectNumber(absl::string_view path, double value, bool within,
                          absl::string_view expected) {
  if (std::isfinite(value) && within) return absl::OkStatus();
  return FieldError(path, expected, absl::StrCat(value));
}

absl::Status ExpectPresent(absl::string_view path, bool present) {
  return present ? absl::OkStatus() : FieldError(path, "it to be set", "nothing");
}

absl::Status ExpectKind(absl::string_view path, bool chosen, absl::string_view kinds) {
  return chosen ? absl::OkStatus() : FieldError(path, absl::StrCat("one of ", kinds), "none");
}

absl::Status ExpectName(absl::string_view path, absl::string_view value, bool lower_case,
                        int characters_max) {
  const auto allowed = [lower_case](char c) {
    if (absl::ascii_isdigit(c) || absl::ascii_islower(c) || c == '-') return true;
    return !lower_case && (absl::ascii_isupper(c) || c == '_');
  };
  if (!value.empty() && value.size() <= static_cast<size_t>(characters_max) &&
      absl::ascii_isalnum(value[0]) && std::all_of(value.begin(), value.end(), allowed)) {
    return absl::OkStatus();
  }
  return FieldError(path,
                    absl::StrCat("1 to ", characters_max,
                                 lower_case ? " lower-case letters, digits and `-`"
                                            : " letters, digits, `-` and `_`",
                                 ", a letter or digit first"),
                    value.empty() ? "none" : Quoted(value));
}

absl::Status ExpectSha256(absl::string_view path, absl::string_view value) {
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  if (value.empty() || (value.size() == 64 && std::all_of(value.begin(), value.end(), is_digit))) {
    return absl::OkStatus();
  }
  return FieldError(path, "64 lower-case hexadecimal digits", Quoted(value));
}

absl::Status ExpectText(absl::string_view path, absl::string_view value, int bytes_max) {
  if (value.size() > static_cast<size_t>(bytes_max)) {
    return FieldError(path, absl::StrCat("at most ", bytes_max, " bytes"),
                      absl::StrCat(value.size()));
  }
  if (!IsUtf8(value)) return FieldError(path, "UTF-8", Quoted(value));
  return absl::OkStatus();
}

}  // namespace traind
