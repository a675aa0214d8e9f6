#ifndef TRAIND_TESTS_CRASH_MODEL_CHANGES_H_
#define TRAIND_TESTS_CRASH_MODEL_CHANGES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/serving/model_store.h"
#include "tests/crash/told_facts.h"

namespace traind {

// The part of the scenario that moves aliases and deletes a version. It can be played
// again and again, and at the end the model `moved` has versions 4, 2 and 1, of which
// `production`, which was at 2 for a while, points to 1; version 3 was deleted when it
// was the newest. Not thread-safe.
class ModelChanges {
 public:
  // The store must outlive it.
  ModelChanges(ModelStore& models, ToldFacts told);

  // Goes on to the end; `source_directory` is a checkpoint to publish.
  absl::Status Play(const std::string& source_directory);
  // A line for each thing that is not as it was told, or as it should be at the end.
  std::vector<std::string> CheckTold() const;
  std::vector<std::string> CheckEnd() const;

 private:
  // Publishes until a version of that number was given.
  absl::Status PublishUpTo(int64_t version, const std::string& source_directory);
  absl::Status MoveAlias(int64_t version);
  absl::Status RollBack();

  ModelStore& models_;
  ToldFacts told_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CRASH_MODEL_CHANGES_H_
