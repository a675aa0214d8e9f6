#ifndef TRAIND_TESTS_TELEMETRY_HTTP_GET_H_
#define TRAIND_TESTS_TELEMETRY_HTTP_GET_H_

#include <string>

namespace traind {

// The answer, headers and body, to `GET path` at an address such as
// 127.0.0.1:9464. Empty when nobody answers.
std::string HttpGet(const std::string& address, const std::string& path);

}  // namespace traind

#endif  // TRAIND_TESTS_TELEMETRY_HTTP_GET_H_
