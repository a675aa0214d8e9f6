#ifndef TRAIND_SERVER_RUNS_SWEEP_ORIGIN_H_
#define TRAIND_SERVER_RUNS_SWEEP_ORIGIN_H_

#include <string>
#include <vector>

#include "traind/v1/run.pb.h"

namespace traind {

// The mark of a sweep on a run that it starts. An empty sweep_id is no sweep.
struct SweepOrigin {
  std::string sweep_id;
  int point = 0;
  // What the point sets in the recipe, for people: the request has it as overrides.
  std::vector<v1::FieldValue> parameters;
  // 0: the run goes on to its end.
  int pause_after_epoch = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_SWEEP_ORIGIN_H_
