#include "server/serving/sample_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {

absl::Status CheckSample(const v1::ModelSample& sample, Executor& executor) {
  const std::string& bytes = sample.logits().data();
  std::vector<float> recorded(bytes.size() / sizeof(float));
  if (recorded.empty() || bytes.size() % sizeof(float) != 0) {
    return absl::DataLossError(
        absl::StrCat("the recorded sample: expected FP32 logits, got ", bytes.size(), " bytes"));
  }
  std::memcpy(recorded.data(), bytes.data(), bytes.size());
  ASSIGN_OR_RETURN(const Prediction prediction, executor.Run({sample.input().data()}, 1));
  if (prediction.logits.size() != recorded.size()) {
    return absl::FailedPreconditionError(absl::StrCat("the recorded sample: expected ",
                                                      recorded.size(), " logits, got ",
                                                      prediction.logits.size()));
  }
  float largest = 0;
  float difference = 0;
  for (size_t i = 0; i < recorded.size(); ++i) {
    largest = std::max(largest, std::abs(recorded[i]));
    const float apart = std::abs(recorded[i] - prediction.logits[i]);
    // A NaN is no small difference.
    difference = std::isnan(apart) ? apart : std::max(difference, apart);
    if (std::isnan(difference)) break;
  }
  if (difference <= kSampleTolerance * largest) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the version does not answer its recorded sample as it did in training: expected logits "
      "within ",
      kSampleTolerance * largest, ", got a difference of ", difference));
}

}  // namespace traind
