#include "client/onnx/weights_file.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace traind {
namespace {

constexpr size_t kLengthBytes = 8;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("expected a safetensors file of weights, got ", what));
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

template <typename Number>
void AppendFloats(absl::string_view bytes, std::vector<float>& values) {
  for (size_t at = 0; at + sizeof(Number) <= bytes.size(); at += sizeof(Number)) {
    Number number;
    std::memcpy(&number, bytes.data() + at, sizeof(number));
    values.push_back(static_cast<float>(number));
  }
}

// `entry` describes a tensor whose bytes lie within `data`.
absl::StatusOr<WeightTensor> ReadTensor(const std::string& name, const nlohmann::json& entry,
                                        absl::string_view data) {
  WeightTensor tensor;
  const std::string type = entry.at("dtype");
  tensor.shape = entry.at("shape").get<std::vector<int64_t>>();
  const auto offsets = entry.at("data_offsets").get<std::vector<size_t>>();
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size()) {
    return Damaged(absl::StrCat("wrong offsets of ", name));
  }
  const absl::string_view bytes = data.substr(offsets[0], offsets[1] - offsets[0]);
  if (type != "F32" && type != "F64") return Damaged(absl::StrCat(name, " of type ", type));
  if (type == "F32") AppendFloats<float>(bytes, tensor.values);
  if (type == "F64") AppendFloats<double>(bytes, tensor.values);
  size_t count = 1;
  for (const int64_t size : tensor.shape) count *= static_cast<size_t>(std::max<int64_t>(size, 0));
  if (count != tensor.values.size()) {
    return Damaged(absl::StrCat(bytes.size(), " bytes for ", name, " ", ShapeText(tensor.shape)));
  }
  return tensor;
}

}  // namespace

absl::StatusOr<WeightsFile> WeightsFile::Parse(absl::string_view bytes) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes) return Damaged(absl::StrCat(bytes.size(), " bytes"));
  std::memcpy(&length, bytes.data(), sizeof(length));
  bytes.remove_prefix(kLengthBytes);
  if (length > bytes.size()) return Damaged(absl::StrCat("a header of ", length, " bytes"));
  const nlohmann::json header = nlohmann::json::parse(
      bytes.begin(), bytes.begin() + static_cast<int64_t>(length), nullptr, /*exceptions=*/false);
  if (!header.is_object()) return Damaged("another header");
  WeightsFile file;
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      absl::StatusOr<WeightTensor> tensor = ReadTensor(name, entry, bytes.substr(length));
      if (!tensor.ok()) return tensor.status();
      file.tensors_.emplace(name, *std::move(tensor));
    }
  } catch (const nlohmann::json::exception& error) {
    return Damaged(error.what());
  }
  return file;
}

absl::StatusOr<WeightTensor> WeightsFile::Find(const std::string& name,
                                               const std::vector<int64_t>& shape) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end() && found->second.shape == shape) return found->second;
  return absl::DataLossError(
      absl::StrCat("weights: expected ", name, " ", ShapeText(shape), ", got ",
                   found == tensors_.end() ? "no such tensor" : ShapeText(found->second.shape)));
}

}  // namespace traind
