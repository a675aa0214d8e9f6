#ifndef TRAIND_SERVER_RUNS_NOTE_CHECKPOINT_H_
#define TRAIND_SERVER_RUNS_NOTE_CHECKPOINT_H_

#include "traind/v1/run.pb.h"

namespace traind {

// Remembers where the run would go on, and what would be published.
inline void NoteCheckpoint(const v1::CheckpointWritten& checkpoint, v1::Run& run) {
  *run.mutable_newest_checkpoint() = checkpoint;
  if (checkpoint.best()) *run.mutable_best_checkpoint() = checkpoint;
}

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_NOTE_CHECKPOINT_H_
