#ifndef TRAIND_SERVER_BASE_STATUS_MACROS_H_
#define TRAIND_SERVER_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expression` is an error status.
#define RETURN_IF_ERROR(expression)                             \
  do {                                                          \
    if (::absl::Status status_ = (expression); !status_.ok()) { \
      return status_;                                           \
    }                                                           \
  } while (false)

// Assigns the value of a StatusOr to `target`, or returns its error.
#define ASSIGN_OR_RETURN(target, expression) \
  TRAIND_ASSIGN_OR_RETURN_(TRAIND_CONCAT_(statusor_, __LINE__), target, expression)

#define TRAIND_ASSIGN_OR_RETURN_(statusor, target, expression) \
  auto statusor = (expression);                                \
  if (!statusor.ok()) return std::move(statusor).status();     \
  target = *std::move(statusor)

#define TRAIND_CONCAT_(a, b) TRAIND_CONCAT_INNER_(a, b)
#define TRAIND_CONCAT_INNER_(a, b) a##b

#endif  // TRAIND_SERVER_BASE_STATUS_MACROS_H_
