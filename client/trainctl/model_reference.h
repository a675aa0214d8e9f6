#ifndef TRAIND_CLIENT_TRAINCTL_MODEL_REFERENCE_H_
#define TRAIND_CLIENT_TRAINCTL_MODEL_REFERENCE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/traind_client.h"

namespace traind {

// A model as users write it: `s4`, `s4@3` or `s4@production`.
struct ModelReference {
  std::string model;
  int64_t version = 0;  // 0: not given
  std::string alias;    // empty: not given
};

// INVALID_ARGUMENT when there is no name, or nothing behind the `@`.
absl::StatusOr<ModelReference> ParseModelReference(const std::string& text);

// All models of the server, over as many pages as it takes.
absl::StatusOr<v1::ListModelsResponse> ListAllModels(Client& client);

// A version that the reference means; when it names none, the newest, whose tensors
// look like the others'.
// NOT_FOUND says what there is instead.
absl::StatusOr<v1::ModelVersion> FindModelVersion(const v1::ListModelsResponse& models,
                                                  const ModelReference& reference);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_MODEL_REFERENCE_H_
