#include "server/runs/event_kind.h"

#include "server/runs/run_state.h"

namespace traind {

v1::EventKind KindOf(const v1::Event& event) {
  switch (event.payload_case()) {
    case v1::Event::kStateChanged:
      return v1::EVENT_KIND_STATE_CHANGED;
    case v1::Event::kEpochStarted:
      return v1::EVENT_KIND_EPOCH_STARTED;
    case v1::Event::kTrainStep:
      return v1::EVENT_KIND_TRAIN_STEP;
    case v1::Event::kEpochFinished:
      return v1::EVENT_KIND_EPOCH_FINISHED;
    case v1::Event::kCheckpointWritten:
      return v1::EVENT_KIND_CHECKPOINT_WRITTEN;
    case v1::Event::kModelPublished:
      return v1::EVENT_KIND_MODEL_PUBLISHED;
    case v1::Event::kMessage:
      return v1::EVENT_KIND_MESSAGE;
    case v1::Event::PAYLOAD_NOT_SET:
      break;
  }
  return v1::EVENT_KIND_UNSPECIFIED;
}

bool IsTerminalEvent(const v1::Event& event) {
  return event.has_state_changed() && IsTerminal(event.state_changed().to());
}

}  // namespace traind
