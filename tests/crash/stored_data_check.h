#ifndef TRAIND_TESTS_CRASH_STORED_DATA_CHECK_H_
#define TRAIND_TESTS_CRASH_STORED_DATA_CHECK_H_

#include <string>
#include <vector>

#include "server/runs/run_store.h"
#include "server/serving/model_store.h"

namespace traind {

// What is wrong with what lies on the disk, a line for each thing; empty when all is
// well. None of them changes anything.

// Events of every run: 1, 2, 3… up to the run's last_sequence, and no step or epoch
// twice.
std::vector<std::string> CheckEvents(const RunStore& store);

// Checkpoints of every run below `runs_directory`: each folder whole by its record and
// its manifest.
std::vector<std::string> CheckCheckpoints(const std::string& runs_directory);

// Versions: each whole by its manifest.
std::vector<std::string> CheckModels(const ModelStore& models);

// Anything hidden below `directory`.
std::vector<std::string> FindHidden(const std::string& directory);

// The step of the newest checkpoint of a run; 0: none.
int64_t NewestCheckpointStep(const std::string& runs_directory, const std::string& run_id);

}  // namespace traind

#endif  // TRAIND_TESTS_CRASH_STORED_DATA_CHECK_H_
