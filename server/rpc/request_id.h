#ifndef TRAIND_SERVER_RPC_REQUEST_ID_H_
#define TRAIND_SERVER_RPC_REQUEST_ID_H_

#include <string>

#include "absl/strings/string_view.h"

namespace traind {

// The metadata, in calls and in their answers, that names a request in logs.
inline constexpr char kRequestIdMetadata[] = "x-request-id";

// The name that a request goes by: the client's own when it is sane (1 to 128
// printable ASCII characters without spaces or quotes), else a fresh random one
// of 16 hexadecimal digits. Thread-safe.
std::string ChooseRequestId(absl::string_view given);

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_REQUEST_ID_H_
