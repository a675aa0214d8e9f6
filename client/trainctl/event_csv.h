#ifndef TRAIND_CLIENT_TRAINCTL_EVENT_CSV_H_
#define TRAIND_CLIENT_TRAINCTL_EVENT_CSV_H_

#include <ostream>
#include <string>
#include <vector>

#include "client/run_listener.h"

namespace traind {

// Events as comma-separated values, quoted as RFC 4180 has it, each line ended
// by a line feed. After sequence, time (RFC 3339), attempt, kind, epoch and step
// there is a column for each figure of TrainStep and EpochFinished, named as in
// the proto, then one for each of the further metrics that are asked for, then one for
// what an event says in words. A cell is empty where an
// event has no such field. Floats have the fewest digits that read back as the
// same float or double. Used by one thread.
class EventCsv final : public RunListener {
 public:
  // Writes the header. `out` must outlive this.
  explicit EventCsv(std::ostream& out, std::vector<std::string> further_metrics = {});

  void OnEvent(const v1::Event& event) override;

 private:
  std::ostream& out_;
  const std::vector<std::string> columns_;  // filled from the payload's fields of these names
  const std::vector<std::string> further_metrics_;  // likewise, of EpochFinished.metrics
};

// `text` as a cell: within quotes when it has a comma, a quote or a line end.
std::string CsvCell(const std::string& text);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_EVENT_CSV_H_
