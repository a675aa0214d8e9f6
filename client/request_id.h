#ifndef TRAIND_CLIENT_REQUEST_ID_H_
#define TRAIND_CLIENT_REQUEST_ID_H_

#include <string>

namespace traind {

// The metadata that names a call in the server's log.
inline constexpr char kRequestIdMetadata[] = "x-request-id";

// A fresh name for a call: 16 random hexadecimal digits. Thread-safe.
std::string NewRequestId();

}  // namespace traind

#endif  // TRAIND_CLIENT_REQUEST_ID_H_
