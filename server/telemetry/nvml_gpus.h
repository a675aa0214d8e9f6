#ifndef TRAIND_SERVER_TELEMETRY_NVML_GPUS_H_
#define TRAIND_SERVER_TELEMETRY_NVML_GPUS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <vector>

namespace traind {

// The machine's NVIDIA GPUs, as the driver's NVML library tells: use, memory,
// power, energy, under the names that Triton gives them. Found once, looked up at
// each scrape. Without the library, the driver or a GPU there are no series; a
// figure that a GPU does not tell is left out. Thread-safe.
class NvmlGpus final : public prometheus::Collectable {
 public:
  // `library` is a path or a name for dlopen(): it is never linked, so that the
  // server runs without a driver.
  explicit NvmlGpus(const std::string& library);
  NvmlGpus(const NvmlGpus&) = delete;
  ~NvmlGpus() override;

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Library;
  struct Gpu {
    void* device;  // of the library
    std::string uuid;
  };

  std::unique_ptr<Library> library_;  // null: none
  std::vector<Gpu> gpus_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_NVML_GPUS_H_
