#ifndef TRAIND_SERVER_RPC_MODEL_HEALTH_H_
#define TRAIND_SERVER_RPC_MODEL_HEALTH_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "server/serving/predict_service.h"

namespace traind {

// Whether something can be asked; kUnknown: it does not exist.
enum class Health { kServing, kNotServing, kUnknown };

// How the models are: `MODEL`, which is the version that its requests go to,
// `MODEL/VERSION` and `MODEL/ALIAS`. One that is merely not loaded serves. Asks store and pool each
// time, so there is nothing to keep up to date. Stateless; thread-safe.
class ModelHealth {
 public:
  // `predicts` must outlive it.
  explicit ModelHealth(PredictService& predicts) : predicts_(predicts) {}

  // Of each name, in their order; quick.
  std::vector<Health> Of(absl::Span<const std::string> names) const;

 private:
  PredictService& predicts_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_MODEL_HEALTH_H_
