#ifndef TRAIND_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define TRAIND_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"

// Matchers for absl::Status and absl::StatusOr.
namespace traind {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

// EXPECT_THAT(status_or_value, IsOk())
MATCHER(IsOk, negation ? "is an error" : "is OK") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// EXPECT_THAT(status_or_value, StatusIs(absl::StatusCode::kNotFound, "no run s4-9"))
MATCHER_P2(StatusIs, code, substring,
           std::string(negation ? "is not " : "is ") + absl::StatusCodeToString(code) +
               " with a message that contains \"" + std::string(substring) + "\"") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  const absl::string_view message = StatusOf(arg).message();
  return StatusOf(arg).code() == code && absl::StrContains(message, substring);
}

inline auto IsInvalid(const std::string& message) {
  return StatusIs(absl::StatusCode::kInvalidArgument, message);
}

}  // namespace traind

// For statuses that a test needs before it can go on.
#define ASSERT_OK(expression) ASSERT_THAT(expression, ::traind::IsOk())
#define EXPECT_OK(expression) EXPECT_THAT(expression, ::traind::IsOk())

#endif  // TRAIND_TESTS_SUPPORT_STATUS_MATCHERS_H_
