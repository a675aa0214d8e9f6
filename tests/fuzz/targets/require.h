#ifndef TRAIND_TESTS_FUZZ_TARGETS_REQUIRE_H_
#define TRAIND_TESTS_FUZZ_TARGETS_REQUIRE_H_

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"

namespace traind {

// Stops the fuzzer, which keeps the input that led here.
inline void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

// A refusal is in few words.
inline void RequireWords(const absl::Status& status) {
  Require(!status.message().empty(), "a refusal says why");
  Require(status.message().size() < 2000, "a refusal is in few words");
}

inline void RequireCode(const absl::Status& status, absl::StatusCode code) {
  Require(status.code() == code, "a refusal has the code that its header states");
  RequireWords(status);
}

}  // namespace traind

#endif  // TRAIND_TESTS_FUZZ_TARGETS_REQUIRE_H_
