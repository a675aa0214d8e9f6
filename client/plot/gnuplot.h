#ifndef TRAIND_CLIENT_PLOT_GNUPLOT_H_
#define TRAIND_CLIENT_PLOT_GNUPLOT_H_

#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace traind {

// The program gnuplot, which draws a picture from a script. No shell is between, and
// no file: the script goes in and the picture comes out by pipes. The user's own
// settings of gnuplot are left out. Immutable, so thread-safe.
class Gnuplot {
 public:
  // `program` is looked for in PATH, unless it has a slash.
  explicit Gnuplot(std::string program = "gnuplot", absl::Duration time_max = absl::Minutes(1));

  // Runs the script and returns what it wrote to standard output. Blocks.
  // FAILED_PRECONDITION when gnuplot is not installed; INTERNAL with its own words
  // when it failed; DEADLINE_EXCEEDED after time_max; RESOURCE_EXHAUSTED for a picture
  // of more than 64 MiB; CANCELLED once `stop` is triggered.
  absl::StatusOr<std::string> Draw(const std::string& script, std::stop_token stop) const;

 private:
  const std::string program_;
  const absl::Duration time_max_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_PLOT_GNUPLOT_H_
