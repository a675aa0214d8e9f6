#include "client/trainctl/plain_log.h"

#include <string>

#include "client/trainctl/event_note.h"
#include "client/trainctl/log_text.h"

namespace traind {

void PlainLog::OnEvent(const v1::Event& event) {
  lost_ = false;
  if (event.has_epoch_started()) {
    PrintHeader(event.epoch_started().epoch());
  } else if (event.has_epoch_finished()) {
    const v1::EpochFinished& epoch = event.epoch_finished();
    PrintHeader(epoch.epoch());
    out_ << FinishedLine(epoch, std::nullopt) << "\n\n" << TestLine(epoch) << std::endl;
  } else if (const std::string note = EventNote(event); !note.empty()) {
    notes_ << note << std::endl;
  }
}

void PlainLog::OnReconnect(const absl::Status& reason, absl::Duration delay) {
  if (!lost_) notes_ << kLostNote << std::endl;
  lost_ = true;
}

void PlainLog::PrintHeader(int epoch) {
  if (epoch == headed_epoch_) return;
  if (headed_epoch_ != 0) out_ << "\n";
  headed_epoch_ = epoch;
  out_ << EpochLine(epoch) << std::endl;
}

}  // namespace traind
