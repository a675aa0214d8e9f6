#include "server/worker_link/epoch_logger.h"

#include <string>

#include "absl/strings/str_format.h"

namespace traind {
namespace {

std::string EpochLine(const v1::EpochFinished& epoch) {
  const double accuracy = epoch.eval_sample_count() == 0
                              ? 0.0
                              : 100.0 * static_cast<double>(epoch.eval_correct_count()) /
                                    static_cast<double>(epoch.eval_sample_count());
  return absl::StrFormat(
      "epoch %d: train loss %.4f, eval loss %.4f, accuracy %d/%d (%.2f%%), %.1f s", epoch.epoch(),
      epoch.train_loss(), epoch.eval_loss(), epoch.eval_correct_count(), epoch.eval_sample_count(),
      accuracy, epoch.train_seconds() + epoch.eval_seconds());
}

}  // namespace

void EpochLogger::Report(v1::Event event) {
  if (event.has_epoch_finished()) log_(EpochLine(event.epoch_finished()));
  if (event.has_message()) log_(event.message().text());
  next_.Report(std::move(event));
}

}  // namespace traind
