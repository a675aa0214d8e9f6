#include "server/telemetry/nvml_gpus.h"

#include <dlfcn.h>

#include <array>
#include <optional>
#include <utility>

#include "server/telemetry/sampled.h"

namespace traind {
namespace {

// What is needed of NVIDIA's documented C interface (NVML API Reference), so that
// the build needs no CUDA. Every function returns 0 when it has succeeded.
using Result = int;
using Device = void*;
constexpr unsigned int kUuidBytes = 96;  // NVML_DEVICE_UUID_V2_BUFFER_SIZE

// nvmlUtilization_t: percent of the last sample period.
struct Utilization {
  unsigned int gpu;
  unsigned int memory;
};

// nvmlMemory_t: bytes.
struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

}  // namespace

// The functions, each null when the library has none of that name.
struct NvmlGpus::Library {
  explicit Library(void* opened)
      : handle(opened),
        init(Find<Result()>("nvmlInit_v2")),
        shutdown(Find<Result()>("nvmlShutdown")),
        device_count(Find<Result(unsigned int*)>("nvmlDeviceGetCount_v2")),
        device(Find<Result(unsigned int, Device*)>("nvmlDeviceGetHandleByIndex_v2")),
        uuid(Find<Result(Device, char*, unsigned int)>("nvmlDeviceGetUUID")),
        utilization(Find<Result(Device, Utilization*)>("nvmlDeviceGetUtilizationRates")),
        memory(Find<Result(Device, Memory*)>("nvmlDeviceGetMemoryInfo")),
        power(Find<Result(Device, unsigned int*)>("nvmlDeviceGetPowerUsage")),
        power_limit(Find<Result(Device, unsigned int*)>("nvmlDeviceGetEnforcedPowerLimit")),
        energy(Find<Result(Device, unsigned long long*)>("nvmlDeviceGetTotalEnergyConsumption")) {}
  ~Library() { dlclose(handle); }

  template <typename Function>
  Function* Find(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(handle, name));
  }

  // The figure that a function tells of a device; nothing when it fails.
  template <typename Figure>
  static std::optional<Figure> Ask(Result (*function)(Device, Figure*), Device device) {
    Figure figure = {};
    if (function == nullptr || function(device, &figure) != 0) return std::nullopt;
    return figure;
  }

  void* const handle;
  Result (*const init)();
  Result (*const shutdown)();
  Result (*const device_count)(unsigned int*);
  Result (*const device)(unsigned int, Device*);
  Result (*const uuid)(Device, char*, unsigned int);
  Result (*const utilization)(Device, Utilization*);
  Result (*const memory)(Device, Memory*);
  Result (*const power)(Device, unsigned int*);         // milliwatts
  Result (*const power_limit)(Device, unsigned int*);   // milliwatts
  Result (*const energy)(Device, unsigned long long*);  // millijoules since the driver was loaded
};

NvmlGpus::NvmlGpus(const std::string& library) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return;
  auto nvml = std::make_unique<Library>(handle);
  const bool whole = nvml->init != nullptr && nvml->shutdown != nullptr &&
                     nvml->device_count != nullptr && nvml->device != nullptr &&
                     nvml->uuid != nullptr;
  if (!whole || nvml->init() != 0) return;
  library_ = std::move(nvml);
  unsigned int count = 0;
  if (library_->device_count(&count) != 0) return;
  for (unsigned int index = 0; index < count; ++index) {
    Device device = nullptr;
    std::array<char, kUuidBytes> uuid = {};
    if (library_->device(index, &device) != 0) continue;
    if (library_->uuid(device, uuid.data(), kUuidBytes) != 0) continue;
    gpus_.push_back({device, uuid.data()});
  }
}

NvmlGpus::~NvmlGpus() {
  if (library_ != nullptr) library_->shutdown();
}

std::vector<prometheus::MetricFamily> NvmlGpus::Collect() const {
  using prometheus::MetricType;
  prometheus::MetricFamily use =
      SampledFamily(MetricType::Gauge, "nv_gpu_utilization",
                    "Share of time in which a GPU had something to do, 0 to 1.");
  prometheus::MetricFamily total =
      SampledFamily(MetricType::Gauge, "nv_gpu_memory_total_bytes", "Memory that a GPU has.");
  prometheus::MetricFamily used = SampledFamily(MetricType::Gauge, "nv_gpu_memory_used_bytes",
                                                "Memory of a GPU that is in use.");
  prometheus::MetricFamily power =
      SampledFamily(MetricType::Gauge, "nv_gpu_power_usage", "Power that a GPU draws, in watts.");
  prometheus::MetricFamily limit = SampledFamily(MetricType::Gauge, "nv_gpu_power_limit",
                                                 "Power that a GPU may draw, in watts.");
  prometheus::MetricFamily energy =
      SampledFamily(MetricType::Counter, "nv_energy_consumption",
                    "Energy that a GPU has used since its driver was loaded, in joules.");
  for (const auto& [device, uuid] : gpus_) {
    const std::vector<prometheus::ClientMetric::Label> labels = {{"gpu_uuid", uuid}};
    if (const auto figure = Library::Ask(library_->utilization, device)) {
      AddSample(figure->gpu / 100.0, labels, use);
    }
    if (const auto figure = Library::Ask(library_->memory, device)) {
      AddSample(static_cast<double>(figure->total), labels, total);
      AddSample(static_cast<double>(figure->used), labels, used);
    }
    if (const auto milli = Library::Ask(library_->power, device)) {
      AddSample(*milli / 1e3, labels, power);
    }
    if (const auto milli = Library::Ask(library_->power_limit, device)) {
      AddSample(*milli / 1e3, labels, limit);
    }
    if (const auto milli = Library::Ask(library_->energy, device)) {
      AddSample(static_cast<double>(*milli) / 1e3, labels, energy);
    }
  }
  std::vector<prometheus::MetricFamily> families;
  for (prometheus::MetricFamily* family : {&use, &total, &used, &power, &limit, &energy}) {
    if (!family->metric.empty()) families.push_back(std::move(*family));
  }
  return families;
}

}  // namespace traind
