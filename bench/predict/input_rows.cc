#include "bench/predict/input_rows.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace traind {
namespace {

constexpr size_t kHeaderBytes = 16;
constexpr size_t kPixels = 28 * 28;
constexpr uint32_t kSeed = 6;

std::string ToBytes(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> MnistRows(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/t10k-images-idx3-ubyte");
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() <= kHeaderBytes || (bytes.size() - kHeaderBytes) % kPixels != 0) {
    return absl::DataLossError(absl::StrCat(path, ": expected ", kHeaderBytes, " bytes and ",
                                            kPixels, " for each image, got ", bytes.size()));
  }
  std::vector<std::string> rows;
  std::vector<float> values(kPixels);
  for (size_t at = kHeaderBytes; at < bytes.size(); at += kPixels) {
    for (size_t i = 0; i < kPixels; ++i) {
      values[i] = static_cast<float>(static_cast<uint8_t>(bytes[at + i])) / 255.0f;
    }
    rows.push_back(ToBytes(values));
  }
  return rows;
}

std::vector<std::string> RandomRows(int count, int64_t elements) {
  std::mt19937 engine(kSeed);
  std::uniform_real_distribution<float> pixel(0.0f, 1.0f);
  std::vector<std::string> rows;
  std::vector<float> values(static_cast<size_t>(elements));
  for (int i = 0; i < count; ++i) {
    for (float& value : values) value = pixel(engine);
    rows.push_back(ToBytes(values));
  }
  return rows;
}

}  // namespace traind
