#include "server/rpc/request_id.h"

#include <random>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace traind {
namespace {

constexpr size_t kLengthMax = 128;

bool IsSane(absl::string_view id) {
  if (id.empty() || id.size() > kLengthMax) return false;
  for (const unsigned char c : id) {
    if (!absl::ascii_isgraph(c) || c == '"' || c == '\\') return false;
  }
  return true;
}

uint64_t Random64() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return random();
}

}  // namespace

std::string ChooseRequestId(absl::string_view given) {
  if (IsSane(given)) return std::string(given);
  return absl::StrFormat("%016x", Random64());
}

}  // namespace traind
