#ifndef TRAIND_CLIENT_TRAINCTL_LIVE_LOG_H_
#define TRAIND_CLIENT_TRAINCTL_LIVE_LOG_H_

#include <functional>
#include <ostream>
#include <string>

#include "client/run_listener.h"

namespace traind {

// The training log for a terminal: finished epochs as in PlainLog, and below
// them one line that is redrawn in place: the bar of the running epoch, or what
// the run waits for. Used by one thread.
class LiveLog final : public RunListener {
 public:
  // `columns` is asked at each redraw.
  LiveLog(std::ostream& out, std::function<int()> columns)
      : out_(out), columns_(std::move(columns)) {}
  // Takes the redrawn line away.
  ~LiveLog() override;

  void OnEvent(const v1::Event& event) override;
  void OnProgress(const v1::Progress& progress) override;
  void OnReconnect(const absl::Status& reason, absl::Duration delay) override;

 private:
  // Columns that a redrawn line may take.
  int Width() const;
  void PrintHeader(int epoch);
  // Prints lines that stay, above the redrawn one.
  void Print(const std::string& lines);
  // Shows `line` as the redrawn one; empty takes it away.
  void Redraw(const std::string& line);

  std::ostream& out_;
  const std::function<int()> columns_;
  int headed_epoch_ = 0;  // whose header was printed last
  int finished_epoch_ = 0;
  std::string line_;  // the redrawn line
};

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_LIVE_LOG_H_
