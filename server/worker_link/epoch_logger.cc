#include "server/worker_link/epoch_logger.h"

namespace traind {

void EpochLogger::Report(v1::Event event) {
  if (event.has_epoch_finished() || event.has_message()) log_(event);
  next_.Report(std::move(event));
}

}  // namespace traind
