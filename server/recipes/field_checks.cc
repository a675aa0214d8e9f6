#include "server/recipes/field_checks.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace traind {
namespace {

// Longest part of a bad value that a message repeats.
constexpr size_t kQuotedBytesMax = 80;

// Bytes of the UTF-8 sequence that `text` starts with, 0 when it starts with
// none (Unicode standard, table 3-7: no overlong forms, no surrogates).
size_t LeadingSequence(absl::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const int first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if ((first & 0xF0) == 0xE0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return !overlong && !surrogate && continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_large = first == 0xF4 && byte(1) > 0x8F;
    return !overlong && !too_large && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t size = LeadingSequence(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

std::string Quoted(absl::string_view value) {
  const bool cut = value.size() > kQuotedBytesMax;
  return absl::StrCat("`", absl::CHexEscape(value.substr(0, kQuotedBytesMax)), cut ? "…`" : "`");
}

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
                    Quoted(value));
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
