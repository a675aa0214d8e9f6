#include "server/oip/model_selector.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/oip/error_text.h"

namespace traind {
namespace {

bool LooksLikeANumber(absl::string_view text) {
  const absl::string_view digits = absl::StripPrefix(text, "-");
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
}

}  // namespace

absl::StatusOr<ModelSelector> ParseModelSelector(absl::string_view model,
                                                 absl::string_view version) {
  if (model.empty()) {
    return absl::InvalidArgumentError("model name: expected one such as s4, got none");
  }
  ModelSelector selector;
  selector.model = std::string(model);
  if (!LooksLikeANumber(version)) {
    selector.alias = std::string(version);
    return selector;
  }
  if (!absl::SimpleAtoi(version, &selector.version) || selector.version < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model version: expected 1 or more, or none for the newest, got ", QuotedName(version)));
  }
  return selector;
}

}  // namespace traind
