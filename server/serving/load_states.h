#ifndef TRAIND_SERVER_SERVING_LOAD_STATES_H_
#define TRAIND_SERVER_SERVING_LOAD_STATES_H_

#include "server/serving/model_pool.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Notes in a model's versions where they stand in the pool now. Thread-safe.
void AddLoadStates(const ModelPool& pool, v1::Model& model);

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_LOAD_STATES_H_
