#ifndef TRAIND_SERVER_BASE_REQUEST_SCOPE_H_
#define TRAIND_SERVER_BASE_REQUEST_SCOPE_H_

#include "absl/strings/string_view.h"

namespace traind {

// Says which client's request the thread works for while the scope lives, so
// that log lines from deep below can name it. Scopes nest; the inner one counts.
class RequestScope {
 public:
  // `request_id` must outlive the scope.
  explicit RequestScope(absl::string_view request_id);
  RequestScope(const RequestScope&) = delete;
  ~RequestScope();

  // The calling thread's request; empty when it works for none.
  static absl::string_view Current();

 private:
  const absl::string_view outer_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_REQUEST_SCOPE_H_
