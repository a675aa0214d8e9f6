#ifndef TRAIND_SERVER_RPC_ANSWER_H_
#define TRAIND_SERVER_RPC_ANSWER_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace traind {

// Moves a value into the response message, or hands on why there is none.
template <typename Message>
absl::Status Answer(absl::StatusOr<Message> value, Message* response) {
  if (!value.ok()) return value.status();
  *response = *std::move(value);
  return absl::OkStatus();
}

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_ANSWER_H_
