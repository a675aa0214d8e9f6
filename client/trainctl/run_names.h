#ifndef TRAIND_CLIENT_TRAINCTL_RUN_NAMES_H_
#define TRAIND_CLIENT_TRAINCTL_RUN_NAMES_H_

#include <string>
#include <vector>

#include "client/trainctl/field_list.h"
#include "traind/v1/run.pb.h"

namespace traind {

// The fields of the runs' recipes, and of how they execute as `execution.…`, that are
// not the same in all of them.
std::vector<FieldDifference> RunDifferences(const std::vector<v1::Run>& runs);

// How runs are called beside one another.
struct RunNames {
  // What all names are values of; empty unless one field alone differs.
  std::string title;
  std::vector<std::string> names;  // one for each run
};

// Names that say what differs between the runs: `0.1 (backprop-3)` below the title
// `learning_rate` where one field does, `s4-3: learning_rate=0.1, seed=7` where
// several do. Of more than `fields_max` differing fields the first ones are named; of
// one run, or of runs that are alike, the id is the name.
RunNames NameRuns(const std::vector<v1::Run>& runs, int fields_max = 3);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_RUN_NAMES_H_
