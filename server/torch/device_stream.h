#ifndef TRAIND_SERVER_TORCH_DEVICE_STREAM_H_
#define TRAIND_SERVER_TORCH_DEVICE_STREAM_H_

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <optional>

#include "server/torch/torch_headers.h"

namespace traind {

// While it lives, this thread's work on a GPU goes to one stream that is not the
// device's default one, as recordings ask for; a CPU has none.
class DeviceStream {
 public:
  explicit DeviceStream(at::Device device) {
    if (device.is_cpu()) return;
    const c10::impl::VirtualGuardImpl streams(device.type());
    guard_.emplace(streams.getStreamFromGlobalPool(device));
  }

 private:
  std::optional<c10::StreamGuard> guard_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_DEVICE_STREAM_H_
