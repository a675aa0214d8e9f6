#include "client/trainctl/random_request_id.h"

#include <random>

#include "absl/strings/str_format.h"

namespace traind {

std::string RandomRequestId() {
  std::random_device device;
  return absl::StrFormat("trainctl-%08x%08x%08x%08x", device(), device(), device(), device());
}

}  // namespace traind
