#include "server/base/request_scope.h"

namespace traind {
namespace {

thread_local absl::string_view current_request;

}  // namespace

RequestScope::RequestScope(absl::string_view request_id) : outer_(current_request) {
  current_request = request_id;
}

RequestScope::~RequestScope() { current_request = outer_; }

absl::string_view RequestScope::Current() { return current_request; }

}  // namespace traind
