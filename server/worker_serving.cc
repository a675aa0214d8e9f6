#include "server/worker_serving.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/logging.h"
#include "server/predict_log.h"
#include "server/torch/device.h"
#include "server/torch/infer/torch_executor.h"
#include "server/worker_link/serving_server.h"

namespace traind {
namespace {

// As in the server: more executor threads carry more load than more threads in one.
constexpr int kThreadsPerPrediction = 1;

int FailServing(const absl::Status& status) {
  Log(LogLevel::kError, "cannot serve",
      {{"code", absl::StatusCodeToString(status.code())},
       {"error", std::string(status.message())}});
  return 1;
}

}  // namespace

int ServeVersions(const ServingOrder& order) {
  const absl::StatusOr<std::string> device = ResolveDevice(order.device);
  if (!device.ok()) return FailServing(device.status());
  ExecutorOptions executors;
  executors.device = *device;
  if (order.precision == "bf16") executors.precision = v1::PRECISION_BF16;
  executors.thread_count = order.thread_count;
  executors.allow_modules = order.allow_modules;
  executors.on_loaded = LogLoadedModel;
  // Never destroyed, as is the server below: that would touch a failed device.
  auto& loader = *new TorchExecutorLoader(std::move(executors));
  ServingServer::Options options;
  options.device_works = [&loader] { return !loader.is_lost(); };
  options.socket_path = order.socket;
  options.thread_count = order.thread_count;
  options.thread_start = [] { PrepareExecutorThread(kThreadsPerPrediction); };
  absl::StatusOr<std::unique_ptr<ServingServer>> started = ServingServer::Start(options, loader);
  if (!started.ok()) return FailServing(started.status());
  ServingServer& server = *started->release();
  Log(LogLevel::kInfo, "serving worker is ready");
  server.WaitForLostDevice();
  Log(LogLevel::kError, "the device has failed, the serving worker ends");
  return kLostDeviceExitCode;
}

}  // namespace traind
