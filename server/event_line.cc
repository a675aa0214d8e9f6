#include "server/event_line.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/logging.h"

namespace traind {
namespace {

LogLevel LevelOf(v1::Severity severity) {
  if (severity == v1::SEVERITY_WARNING) return LogLevel::kWarning;
  return severity == v1::SEVERITY_ERROR ? LogLevel::kError : LogLevel::kInfo;
}

}  // namespace

void LogEpoch(const v1::EpochFinished& epoch, int epoch_count, std::vector<LogField> first) {
  first.emplace_back("epoch", absl::StrCat(epoch.epoch(), "/", epoch_count));
  first.emplace_back("train_loss", absl::StrFormat("%.4f", epoch.train_loss()));
  first.emplace_back("eval_loss", absl::StrFormat("%.4f", epoch.eval_loss()));
  first.emplace_back("eval_correct",
                     absl::StrCat(epoch.eval_correct_count(), "/", epoch.eval_sample_count()));
  first.emplace_back("seconds",
                     absl::StrFormat("%.2f", epoch.train_seconds() + epoch.eval_seconds()));
  Log(LogLevel::kInfo, "epoch finished", first);
}

void LogRunMessage(const v1::Message& message, std::vector<LogField> first) {
  first.emplace_back("text", message.text());
  Log(LevelOf(message.severity()), "run says", first);
}

}  // namespace traind
