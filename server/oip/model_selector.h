#ifndef TRAIND_SERVER_OIP_MODEL_SELECTOR_H_
#define TRAIND_SERVER_OIP_MODEL_SELECTOR_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// Which version of which model a request asks for.
struct ModelSelector {
  std::string model;
  int64_t version = 0;  // 0: the newest, or that of the alias
  std::string alias;    // empty: none
};

// From a request's model name and version: no version is the newest, a number is
// that version, any other text is an alias. INVALID_ARGUMENT: no model's name, or
// a number that no version can have.
absl::StatusOr<ModelSelector> ParseModelSelector(absl::string_view model,
                                                 absl::string_view version);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_MODEL_SELECTOR_H_
