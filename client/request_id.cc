#include "client/request_id.h"

#include <random>

#include "absl/strings/str_format.h"

namespace traind {

std::string NewRequestId() {
  thread_local std::random_device device;
  return absl::StrFormat("%08x%08x", device(), device());
}

}  // namespace traind
