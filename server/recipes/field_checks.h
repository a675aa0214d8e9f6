#ifndef TRAIND_SERVER_RECIPES_FIELD_CHECKS_H_
#define TRAIND_SERVER_RECIPES_FIELD_CHECKS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace traind {

// The checks return INVALID_ARGUMENT "path: expected …, got …" when the field at
// `path` is not as it should be.

// A value for a message: in backquotes, cut when it is long, and escaped where it
// is not plain ASCII, so that a message is always one line of valid UTF-8.
std::string Quoted(absl::string_view value);

// "path: expected `expected`, got `got`".
absl::Status FieldError(absl::string_view path, absl::string_view expected, absl::string_view got);

// A whole number from `min` to `max`, both included.
absl::Status ExpectCount(absl::string_view path, int64_t value, int64_t min, int64_t max);

// A finite number for which the caller's range test `within` holds; `expected`
// says the range in words. A comparison with NaN is false, so NaN never passes.
absl::Status ExpectNumber(absl::string_view path, double value, bool within,
                          absl::string_view expected);

// A message that has to be there.
absl::Status ExpectPresent(absl::string_view path, bool present);

// A oneof of which one kind has to be chosen; `kinds` are the valid names.
absl::Status ExpectKind(absl::string_view path, bool chosen, absl::string_view kinds);

// 1 to `characters_max` letters, digits, `-` and `_`, or with `lower_case` only
// lower-case letters, digits and `-`; the first is a letter or a digit.
absl::Status ExpectName(absl::string_view path, absl::string_view value, bool lower_case,
                        int characters_max);

// A SHA-256 as 64 lower-case hexadecimal digits, or nothing.
absl::Status ExpectSha256(absl::string_view path, absl::string_view value);

// UTF-8 of at most `bytes_max` bytes.
absl::Status ExpectText(absl::string_view path, absl::string_view value, int bytes_max);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_FIELD_CHECKS_H_
