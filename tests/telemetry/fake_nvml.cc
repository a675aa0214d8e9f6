// A stand-in for the driver's NVML library with two GPUs, by its documented C
// interface. The second one tells neither power nor energy, as old ones do.
// FAKE_NVML_INIT is what nvmlInit_v2 returns: 0, or 9 for no driver.

#include <cstring>

namespace {

constexpr int kSuccess = 0;
constexpr int kNotSupported = 3;  // NVML_ERROR_NOT_SUPPORTED

struct FakeGpu {
  const char* uuid;
  unsigned int use_percent;
  unsigned long long total_bytes;
  unsigned long long used_bytes;
  bool tells_power;
};
FakeGpu gpus[] = {{"GPU-aaaa", 75, 80'000'000'000, 1'500'000'000, true},
                  {"GPU-bbbb", 0, 8'000'000'000, 0, false}};

const FakeGpu& At(void* device) { return *static_cast<FakeGpu*>(device); }

}  // namespace

extern "C" {

int nvmlInit_v2() { return FAKE_NVML_INIT; }
int nvmlShutdown() { return kSuccess; }

int nvmlDeviceGetCount_v2(unsigned int* count) {
  *count = 2;
  return kSuccess;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void** device) {
  *device = &gpus[index];
  return kSuccess;
}

int nvmlDeviceGetUUID(void* device, char* uuid, unsigned int length) {
  std::strncpy(uuid, At(device).uuid, length);
  return kSuccess;
}

int nvmlDeviceGetUtilizationRates(void* device, unsigned int rates[2]) {
  rates[0] = At(device).use_percent;
  rates[1] = 11;  // of the memory interface
  return kSuccess;
}

int nvmlDeviceGetMemoryInfo(void* device, unsigned long long memory[3]) {
  memory[0] = At(device).total_bytes;
  memory[1] = At(device).total_bytes - At(device).used_bytes;
  memory[2] = At(device).used_bytes;
  return kSuccess;
}

int nvmlDeviceGetPowerUsage(void* device, unsigned int* milliwatts) {
  *milliwatts = 350'500;
  return At(device).tells_power ? kSuccess : kNotSupported;
}

int nvmlDeviceGetEnforcedPowerLimit(void* device, unsigned int* milliwatts) {
  *milliwatts = 700'000;
  return kSuccess;
}

#ifndef FAKE_NVML_WITHOUT_ENERGY
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  *millijoules = 123'456'500;
  return At(device).tells_power ? kSuccess : kNotSupported;
}
#endif

}  // extern "C"
