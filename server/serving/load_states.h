#ifndef TRAIND_SERVER_SERVING_LOAD_STATES_H_
#define TRAIND_SERVER_SERVING_LOAD_STATES_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/serving/model_pool.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Why a version does not answer, loaded or not; empty when it would. As
// PredictService::TroubleOf.
using TroubleOf = std::function<std::string(absl::string_view model, int64_t version)>;

// Notes in a model's versions where they stand in the pool now, and what `trouble_of`
// says of them, which may be null. Thread-safe.
void AddLoadStates(const ModelPool& pool, const TroubleOf& trouble_of, v1::Model& model);

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_LOAD_STATES_H_
