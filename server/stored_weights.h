#ifndef TRAIND_SERVER_STORED_WEIGHTS_H_
#define TRAIND_SERVER_STORED_WEIGHTS_H_

#include <string>

#include "server/base/limits.h"
#include "server/runs/weights_source.h"
#include "server/serving/model_store.h"

namespace traind {

// Initial weights from published versions, and from files that people put into the
// datasets folder. Thread-safe.
class StoredWeights final : public WeightsSource {
 public:
  // `models` must outlive it.
  StoredWeights(const ModelStore& models, std::string datasets_directory,
                const Limits& limits = Limits());

  absl::Status Resolve(v1::Recipe& recipe) const override;
  std::string PathOf(const v1::InitialWeights& weights) const override;

 private:
  // Puts the version's number in the place of an alias.
  absl::Status ResolveVersion(v1::InitialWeights& weights) const;

  const ModelStore& models_;
  const std::string datasets_directory_;
  const Limits limits_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORED_WEIGHTS_H_
