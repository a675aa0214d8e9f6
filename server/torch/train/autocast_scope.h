#ifndef TRAIND_SERVER_TORCH_TRAIN_AUTOCAST_SCOPE_H_
#define TRAIND_SERVER_TORCH_TRAIN_AUTOCAST_SCOPE_H_

#include "server/torch/torch_headers.h"

namespace traind {

// Turns mixed precision on for this thread and scope, as torch.autocast does: the
// weights' low-precision copies are kept within the scope and dropped at its end.
class AutocastScope {
 public:
  AutocastScope(at::DeviceType device, at::ScalarType type)
      : device_(device),
        was_enabled_(at::autocast::is_autocast_enabled(device)),
        previous_type_(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device, true);
    at::autocast::set_autocast_dtype(device, type);
    at::autocast::increment_nesting();
  }
  AutocastScope(const AutocastScope&) = delete;
  ~AutocastScope() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_dtype(device_, previous_type_);
    at::autocast::set_autocast_enabled(device_, was_enabled_);
  }

 private:
  const at::DeviceType device_;
  const bool was_enabled_;
  const at::ScalarType previous_type_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_AUTOCAST_SCOPE_H_
