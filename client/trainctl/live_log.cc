#include "client/trainctl/live_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/trainctl/event_note.h"
#include "client/trainctl/log_text.h"
#include "client/trainctl/plain_log.h"
#include "client/trainctl/progress_line.h"

namespace traind {
namespace {

constexpr char kClearLine[] = "\r\x1b[K";
// The cursor, and the `^C` that a terminal echoes, must not wrap the line:
// only its last row could be taken away.
constexpr int kLineMargin = 3;

}  // namespace

int LiveLog::Width() const { return std::max(columns_() - kLineMargin, 1); }

LiveLog::~LiveLog() { Redraw(""); }

void LiveLog::OnEvent(const v1::Event& event) {
  if (event.has_epoch_started()) {
    PrintHeader(event.epoch_started().epoch());
    Redraw(ProgressLine({.total = event.epoch_started().step_count()}, Width()));
  } else if (event.has_epoch_finished()) {
    const v1::EpochFinished& epoch = event.epoch_finished();
    PrintHeader(epoch.epoch());
    finished_epoch_ = epoch.epoch();
    line_.clear();
    Print(absl::StrCat(FinishedLine(epoch, Width()), "\n\n", TestLine(epoch), "\n"));
  } else if (event.has_state_changed()) {
    Redraw(EventNote(event));
  } else if (const std::string note = EventNote(event); !note.empty()) {
    Print(absl::StrCat(note, "\n"));
  }
}

void LiveLog::OnProgress(const v1::Progress& progress) {
  // The server keeps the last progress of an epoch while it evaluates.
  if (progress.epoch() <= finished_epoch_) return;
  PrintHeader(progress.epoch());
  Redraw(ProgressLine({.loss = progress.loss(),
                       .done = progress.step_in_epoch(),
                       .total = progress.step_count(),
                       .elapsed_seconds = progress.elapsed_seconds()},
                      Width()));
}

void LiveLog::OnReconnect(const absl::Status& reason, absl::Duration delay) { Redraw(kLostNote); }

void LiveLog::PrintHeader(int epoch) {
  if (epoch == headed_epoch_) return;
  Print(absl::StrCat(headed_epoch_ != 0 ? "\n" : "", EpochLine(epoch), "\n"));
  headed_epoch_ = epoch;
}

void LiveLog::Print(const std::string& lines) {
  out_ << kClearLine << lines << CutToColumns(line_, Width()) << std::flush;
}

void LiveLog::Redraw(const std::string& line) {
  if (line.empty() && line_.empty()) return;
  line_ = line;
  out_ << kClearLine << CutToColumns(line_, Width()) << std::flush;
}

}  // namespace traind
