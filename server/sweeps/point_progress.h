#ifndef TRAIND_SERVER_SWEEPS_POINT_PROGRESS_H_
#define TRAIND_SERVER_SWEEPS_POINT_PROGRESS_H_

#include "traind/v1/run.pb.h"
#include "traind/v1/sweep.pb.h"

namespace traind {

// Takes over into the point what its run has come to: state, epochs, value, and the
// rung that it has reached.
void NoteRun(const v1::Sweep& sweep, const v1::Run& run, v1::SweepPoint& point);

// Makes ready for a new run each point that has no result of all its epochs. What is
// known of its rungs stays.
void ForgetUnsuccessfulRuns(v1::Sweep& sweep);

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_POINT_PROGRESS_H_
