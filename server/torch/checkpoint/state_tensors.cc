#include "server/torch/checkpoint/state_tensors.h"

#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/safetensors.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// The types that state has, by the names of the format.
constexpr std::pair<at::ScalarType, absl::string_view> kTypes[] = {
    {at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kLong, "I64"}, {at::kByte, "U8"}};

absl::string_view TypeName(at::ScalarType type) {
  for (const auto& [known, name] : kTypes) {
    if (known == type) return name;
  }
  return "unknown";
}

std::optional<at::ScalarType> TypeOf(absl::string_view name) {
  for (const auto& [type, known] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

std::string Describe(absl::string_view type, at::IntArrayRef shape) {
  return absl::StrCat(type, " [", absl::StrJoin(shape, ", "), "]");
}

std::string Describe(const at::Tensor& tensor) {
  return Describe(TypeName(tensor.scalar_type()), tensor.sizes());
}

absl::Status Mismatch(absl::string_view name, absl::string_view expected, absl::string_view got) {
  return absl::DataLossError(absl::StrCat("weights do not fit the recipe: tensor ", name,
                                          ": expected ", expected, ", got ", got));
}

}  // namespace

absl::StatusOr<StateTensors> StateTensors::Parse(absl::string_view file) {
  ASSIGN_OR_RETURN(const std::vector<SafetensorsEntry> entries, ReadSafetensors(file));
  StateTensors state;
  for (const SafetensorsEntry& entry : entries) {
    const std::optional<at::ScalarType> type = TypeOf(entry.data_type);
    if (!type) {
      return Mismatch(entry.name, "F32, F64, I64 or U8", Describe(entry.data_type, entry.shape));
    }
    const at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(*type));
    if (!entry.bytes.empty()) {
      std::memcpy(tensor.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
    }
    state.tensors_[entry.name] = tensor;
  }
  return state;
}

absl::StatusOr<std::string> StateTensors::Serialize() const {
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, tensor] : tensors_) {
    entries.push_back(
        {name, std::string(TypeName(tensor.scalar_type())), tensor.sizes().vec(),
         absl::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())});
  }
  return WriteSafetensors(std::move(entries));
}

void StateTensors::Put(const std::string& name, const at::Tensor& tensor) {
  at::Tensor kept = tensor.detach().to(at::kCPU);
  if (kept.is_floating_point() && kept.scalar_type() != at::kDouble) kept = kept.to(at::kFloat);
  tensors_[name] = kept.contiguous();
}

void StateTensors::PutNumber(const std::string& name, int64_t value) {
  Put(name, at::scalar_tensor(value, at::TensorOptions().dtype(at::kLong)));
}

void StateTensors::PutNumber(const std::string& name, double value) {
  Put(name, at::scalar_tensor(value, at::TensorOptions().dtype(at::kDouble)));
}

void StateTensors::RoundToFloat32() {
  for (auto& [name, tensor] : tensors_) {
    if (tensor.scalar_type() == at::kDouble) tensor = tensor.to(at::kFloat);
  }
}

absl::StatusOr<at::Tensor> StateTensors::Take(const std::string& name) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return Mismatch(name, "one", "none");
  at::Tensor tensor = std::move(found->second);
  tensors_.erase(found);
  return tensor;
}

absl::Status StateTensors::TakeInto(const std::string& name, const at::Tensor& target) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return Mismatch(name, Describe(target), "none");
  const at::Tensor& tensor = found->second;
  if (tensor.scalar_type() != target.scalar_type() || tensor.sizes() != target.sizes()) {
    return Mismatch(name, Describe(target), Describe(tensor));
  }
  const at::NoGradGuard no_grad;
  target.copy_(tensor);
  tensors_.erase(found);
  return absl::OkStatus();
}

absl::Status StateTensors::TakeNumber(const std::string& name, int64_t& value) {
  const at::Tensor number = at::empty({}, at::TensorOptions().dtype(at::kLong));
  RETURN_IF_ERROR(TakeInto(name, number));
  value = number.item<int64_t>();
  return absl::OkStatus();
}

absl::Status StateTensors::TakeNumber(const std::string& name, double& value) {
  const at::Tensor number = at::empty({}, at::TensorOptions().dtype(at::kDouble));
  RETURN_IF_ERROR(TakeInto(name, number));
  value = number.item<double>();
  return absl::OkStatus();
}

absl::Status StateTensors::CheckAllTaken() const {
  if (tensors_.empty()) return absl::OkStatus();
  return Mismatch(tensors_.begin()->first, "none", "one");
}

}  // namespace traind
