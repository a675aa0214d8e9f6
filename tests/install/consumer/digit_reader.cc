// digit_reader ADDRESS MODEL: prints the classes that MODEL gives to the first
// ten pictures of mnist:test, one a line.

#include <cstdint>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "client/traind_client.h"

namespace {

absl::StatusOr<traind::v1::Tensor> ReadPictures(traind::Client& client) {
  traind::v1::ReadDatasetRowsRequest request;
  request.set_dataset("mnist");
  request.set_split("test");
  for (int row = 0; row < 10; ++row) request.add_row_indexes(row);
  const absl::StatusOr<traind::v1::ReadDatasetRowsResponse> rows = client.ReadDatasetRows(request);
  if (!rows.ok()) return rows.status();

  std::vector<float> pixels;
  for (const unsigned char byte : rows->images().data()) pixels.push_back(byte / 255.0f);
  traind::v1::Tensor tensor;
  tensor.set_name("x");
  tensor.set_data_type(traind::v1::DATA_TYPE_FP32);
  *tensor.mutable_shape() = rows->images().shape();
  tensor.set_data(pixels.data(), pixels.size() * sizeof(float));
  return tensor;
}

absl::Status PrintClasses(const std::string& address, const std::string& model) {
  traind::ClientOptions options;
  options.address = address;
  const absl::StatusOr<std::unique_ptr<traind::Client>> client = traind::Client::Connect(options);
  if (!client.ok()) return client.status();
  const absl::StatusOr<traind::v1::Tensor> pictures = ReadPictures(**client);
  if (!pictures.ok()) return pictures.status();

  traind::v1::PredictRequest request;
  request.set_model(model);
  *request.add_inputs() = *pictures;
  const absl::StatusOr<traind::v1::PredictResponse> response = (*client)->Predict(request);
  if (!response.ok()) return response.status();
  for (const traind::v1::Tensor& output : response->outputs()) {
    if (output.name() != "classes") continue;
    std::vector<int64_t> classes(output.data().size() / sizeof(int64_t));
    std::memcpy(classes.data(), output.data().data(), output.data().size());
    for (const int64_t digit : classes) std::cout << digit << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: digit_reader ADDRESS MODEL\n";
    return 2;
  }
  const absl::Status status = PrintClasses(argv[1], argv[2]);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
