#include "server/torch/nn/network_state.h"

#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/torch/checkpoint/safetensors.h"

namespace traind {
namespace {

std::vector<NamedTensor> State(const Network& network) {
  std::vector<NamedTensor> state = network.parameters();
  state.insert(state.end(), network.buffers().begin(), network.buffers().end());
  return state;
}

absl::Status Mismatch(absl::string_view name, absl::string_view expected, absl::string_view got) {
  return absl::DataLossError(absl::StrCat("weights do not fit the recipe: tensor ", name,
                                          ": expected ", expected, ", got ", got));
}

std::string Describe(absl::string_view type, const std::vector<int64_t>& shape) {
  return absl::StrCat(type, " [", absl::StrJoin(shape, ", "), "]");
}

}  // namespace

absl::StatusOr<std::string> SaveState(const Network& network) {
  std::vector<NamedTensor> on_cpu;
  std::vector<SafetensorsEntry> entries;
  for (const NamedTensor& named : State(network)) {
    at::Tensor tensor = named.tensor.detach().to(at::kCPU, at::kFloat).contiguous();
    entries.push_back(
        {named.name, "F32", tensor.sizes().vec(),
         absl::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())});
    on_cpu.push_back({named.name, std::move(tensor)});
  }
  return WriteSafetensors(std::move(entries));
}

absl::Status LoadState(absl::string_view file, Network& network) {
  ASSIGN_OR_RETURN(const std::vector<SafetensorsEntry> entries, ReadSafetensors(file));
  std::map<std::string, const SafetensorsEntry*> by_name;
  for (const SafetensorsEntry& entry : entries) by_name[entry.name] = &entry;

  const at::NoGradGuard no_grad;
  for (const NamedTensor& named : State(network)) {
    const std::string expected = Describe("F32", named.tensor.sizes().vec());
    const auto found = by_name.find(named.name);
    if (found == by_name.end()) return Mismatch(named.name, expected, "none");
    const SafetensorsEntry& entry = *found->second;
    if (const std::string got = Describe(entry.data_type, entry.shape); got != expected) {
      return Mismatch(named.name, expected, got);
    }
    const at::Tensor values = at::empty(entry.shape);
    std::memcpy(values.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
    named.tensor.copy_(values);
    by_name.erase(found);
  }
  if (!by_name.empty()) return Mismatch(by_name.begin()->first, "none", "one");
  return absl::OkStatus();
}

}  // namespace traind
