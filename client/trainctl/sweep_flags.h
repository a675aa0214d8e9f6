#ifndef TRAIND_CLIENT_TRAINCTL_SWEEP_FLAGS_H_
#define TRAIND_CLIENT_TRAINCTL_SWEEP_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// Reads `path=v1,v2,…`. Commas within brackets, braces and quotes part no values.
// INVALID_ARGUMENT without a path or a value.
absl::StatusOr<v1::GridParameter> ParseGrid(const std::string& text);

// Reads `path=log:1e-4..0.1`, `path=uniform:0..0.5`, both of them with `:whole` behind
// for whole numbers, or `path=choice:a,b`. INVALID_ARGUMENT.
absl::StatusOr<v1::RandomParameter> ParseRandom(const std::string& text);

// Reads `MIN_EPOCHS` or `MIN_EPOCHS:FACTOR`. INVALID_ARGUMENT.
absl::StatusOr<v1::SuccessiveHalving> ParseHalving(const std::string& text);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_SWEEP_FLAGS_H_
