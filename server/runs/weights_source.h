#ifndef TRAIND_SERVER_RUNS_WEIGHTS_SOURCE_H_
#define TRAIND_SERVER_RUNS_WEIGHTS_SOURCE_H_

#include <string>

#include "absl/status/status.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The files that initial weights of recipes name. Thread-safe.
class WeightsSource {
 public:
  virtual ~WeightsSource() = default;

  // Checks that what the recipe's initial weights name is there and has the network's
  // tensors. Writes into the recipe what it is: the version's number in place of an alias,
  // and the file's SHA-256. Reads the whole file. INVALID_ARGUMENT for tensors that do not
  // fit; FAILED_PRECONDITION for a file that is absent, damaged or of another SHA-256.
  virtual absl::Status Resolve(v1::Recipe& recipe) const = 0;

  // Where the file of resolved initial weights lies.
  virtual std::string PathOf(const v1::InitialWeights& weights) const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_WEIGHTS_SOURCE_H_
