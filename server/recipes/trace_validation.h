#ifndef TRAIND_SERVER_RECIPES_TRACE_VALIDATION_H_
#define TRAIND_SERVER_RECIPES_TRACE_VALIDATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Bytes of a row of a trace on disk: four numbers, then its values.
constexpr int64_t TraceRowBytes(int64_t value_count) { return 8 * (4 + value_count); }

// Checks that a valid recipe can be traced by a valid execution, if that asks for it: a
// network within Limits::trace_parameters_max and trace_values_max, plain steps, targets
// that stay as they are. INVALID_ARGUMENT names execution.trace, what it may be and what it is.
absl::Status ValidateTrace(const v1::Recipe& recipe, const v1::Execution& execution);

// Checks that the trace of a run over so many training rows stays within
// Limits::trace_steps_max and trace_bytes_max. INVALID_ARGUMENT.
absl::Status ValidateTraceLength(const v1::Recipe& recipe, int64_t train_row_count);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_TRACE_VALIDATION_H_
