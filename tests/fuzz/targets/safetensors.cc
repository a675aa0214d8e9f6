// safetensors files: what is read is written again with the same contents.
#include "server/base/safetensors.h"

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view file(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<std::vector<traind::SafetensorsEntry>> entries =
      traind::ReadSafetensors(file);
  if (!entries.ok()) {
    traind::RequireCode(entries.status(), absl::StatusCode::kDataLoss);
    return 0;
  }
  const absl::StatusOr<std::string> written = traind::WriteSafetensors(*entries);
  traind::Require(written.ok(), "what was read can be written");
  const auto again = traind::ReadSafetensors(*written);
  traind::Require(again.ok() && again->size() == entries->size(), "and read again");
  return 0;
}
