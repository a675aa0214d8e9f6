// predict_load ADDRESS MODEL THREADS: asks for predictions through traind_client
// without a pause until SIGTERM, then prints `<calls> <failures> <first failure>`.

#include <atomic>
#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/traind_client.h"

namespace {

std::atomic<bool> stopped = false;

traind::v1::PredictRequest OnePicture(const std::string& model) {
  traind::v1::PredictRequest request;
  request.set_model(model);
  traind::v1::Tensor& tensor = *request.add_inputs();
  tensor.set_name("x");
  tensor.set_data_type(traind::v1::DATA_TYPE_FP32);
  for (const int size : {1, 1, 28, 28}) tensor.add_shape(size);
  tensor.set_data(std::string(28 * 28 * sizeof(float), '\0'));
  return request;
}

struct Counts {
  std::atomic<int64_t> calls = 0;
  std::atomic<int64_t> failures = 0;
  std::mutex mutex;
  std::string first_failure;
};

void Load(const std::string& address, const traind::v1::PredictRequest& request, Counts& counts) {
  traind::ClientOptions options;
  options.address = address;
  const absl::StatusOr<std::unique_ptr<traind::Client>> client = traind::Client::Connect(options);
  while (client.ok() && !stopped) {
    const absl::StatusOr<traind::v1::PredictResponse> response = (*client)->Predict(request);
    ++counts.calls;
    if (response.ok()) continue;
    if (counts.failures++ > 0) continue;
    const std::lock_guard lock(counts.mutex);
    counts.first_failure = response.status().ToString();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: predict_load ADDRESS MODEL THREADS\n";
    return 2;
  }
  std::signal(SIGTERM, [](int) { stopped = true; });
  const traind::v1::PredictRequest request = OnePicture(argv[2]);
  Counts counts;
  std::vector<std::thread> threads;
  for (int i = 0; i < std::stoi(argv[3]); ++i) {
    threads.emplace_back([&] { Load(argv[1], request, counts); });
  }
  for (std::thread& thread : threads) thread.join();
  std::cout << counts.calls << " " << counts.failures << " " << counts.first_failure << "\n";
  return 0;
}
