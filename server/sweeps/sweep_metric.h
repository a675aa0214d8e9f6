#ifndef TRAIND_SERVER_SWEEPS_SWEEP_METRIC_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_METRIC_H_

#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// Whether value `a` is better than `b` by the selection (see SelectionValue); any is better
// than none, which is not a number.
bool IsBetter(const v1::Selection& selection, double a, double b);

// The number of the best point, 0 when none has a value: one whose run has SUCCEEDED
// before others, then by value, then the first.
int BestPoint(const v1::Sweep& sweep);

// Sets what a sweep tells of its points: the counts and the best one.
void CountPoints(v1::Sweep& sweep);

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_METRIC_H_
