#include "bench/predict/load_tally.h"

#include <array>
#include <chrono>

#include "absl/strings/str_cat.h"

namespace traind {

int64_t NowNanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string CodeName(grpc::StatusCode code) {
  // In the order of their numbers.
  static constexpr std::array kNames = {"OK",
                                        "CANCELLED",
                                        "UNKNOWN",
                                        "INVALID_ARGUMENT",
                                        "DEADLINE_EXCEEDED",
                                        "NOT_FOUND",
                                        "ALREADY_EXISTS",
                                        "PERMISSION_DENIED",
                                        "RESOURCE_EXHAUSTED",
                                        "FAILED_PRECONDITION",
                                        "ABORTED",
                                        "OUT_OF_RANGE",
                                        "UNIMPLEMENTED",
                                        "INTERNAL",
                                        "UNAVAILABLE",
                                        "DATA_LOSS",
                                        "UNAUTHENTICATED"};
  const size_t number = static_cast<size_t>(code);
  return number < kNames.size() ? kNames[number] : absl::StrCat(number);
}

void LoadTally::Count(int64_t due, const grpc::Status& status, grpc::ByteBuffer& answer) {
  const int64_t now = NowNanoseconds();
  std::string code = CodeName(status.error_code());
  std::string error = status.error_message();
  std::string version;
  if (status.ok()) {
    const absl::StatusOr<std::string> answered = AnswerVersion(protocol_, answer);
    if (answered.ok()) {
      version = *answered;
    } else {
      code = "NO_ANSWER";
      error = answered.status().ToString();
    }
  }
  const bool answered = code == "OK";
  if (answered && IsCounted(now)) ++answers_in_time_;
  if (!IsCounted(due)) return;
  ++seen_.codes[code];
  (answered ? seen_.answered : seen_.refused).Record(now - due);
  if (answered) {
    ++seen_.versions[version];
  } else if (seen_.first_error.empty()) {
    seen_.first_error = absl::StrCat(code, ": ", error);
  }
}

void LoadTally::CountSent(int64_t due, bool sent) {
  if (!IsCounted(due)) return;
  seen_.lateness.Record(NowNanoseconds() - due);
  if (!sent) ++seen_.codes["NOT_SENT"];
}

void LoadTally::AddTo(LoadResult& result) const {
  result.answers_per_second +=
      static_cast<double>(answers_in_time_) * 1e9 / static_cast<double>(end_ - begin_);
  for (const auto& [code, count] : seen_.codes) result.codes[code] += count;
  for (const auto& [version, count] : seen_.versions) result.versions[version] += count;
  result.answered.Add(seen_.answered);
  result.refused.Add(seen_.refused);
  result.lateness.Add(seen_.lateness);
  if (result.first_error.empty()) result.first_error = seen_.first_error;
}

}  // namespace traind
