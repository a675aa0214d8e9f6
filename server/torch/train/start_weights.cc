#include "server/torch/train/start_weights.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/safetensors.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/datasets/mapped_file.h"
#include "server/recipes/initial_weights.h"

namespace traind {
namespace {

// Names of a message.
constexpr size_t kListedTensorsMax = 20;

at::ScalarType TypeOf(absl::string_view name) {
  if (name == "F64") return at::kDouble;
  if (name == "F16") return at::kHalf;
  return name == "BF16" ? at::kBFloat16 : at::kFloat;
}

at::Tensor ToWeight(const SafetensorsEntry& entry) {
  const at::Tensor tensor = at::empty(entry.shape, TypeOf(entry.data_type));
  // The file's bytes need not be aligned.
  if (!entry.bytes.empty()) {
    std::memcpy(tensor.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
  }
  return tensor;
}

std::map<std::string, at::Tensor> StateByName(const Network& network) {
  std::map<std::string, at::Tensor> tensors;
  for (const NamedTensor& named : network.parameters()) tensors[named.name] = named.tensor;
  for (const NamedTensor& named : network.buffers()) tensors[named.name] = named.tensor;
  return tensors;
}

std::string Describe(const v1::InitialWeights& weights, const MatchedWeights& matched) {
  std::string text =
      absl::StrCat("begins with the weights of ", InitialWeightsSource(weights), " (SHA-256 ",
                   weights.sha256(), "), ", matched.taken.size(), " tensors");
  if (matched.left.empty()) return text;
  const size_t listed = std::min(matched.left.size(), kListedTensorsMax);
  absl::StrAppend(&text, "; at random begin ",
                  absl::StrJoin(matched.left.begin(), matched.left.begin() + listed, ", "));
  if (listed < matched.left.size()) {
    absl::StrAppend(&text, " and ", matched.left.size() - listed, " more");
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> LoadInitialWeights(const v1::Recipe& recipe, const std::string& path,
                                               absl::Span<const Network* const> networks) {
  const v1::InitialWeights& weights = recipe.initial_weights();
  const std::string& source = InitialWeightsSource(weights);
  const absl::StatusOr<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("initial_weights: cannot read ", source, ": ", file.status().message()));
  }
  const std::string sha256 = Sha256Hex(file->bytes());
  if (!weights.sha256().empty() && sha256 != weights.sha256()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "initial_weights: expected SHA-256 ", weights.sha256(), " of ", source, ", got ", sha256,
        ": these are not the weights that the run was accepted "
        "with; put them back, or start a new run"));
  }
  const absl::StatusOr<std::vector<SafetensorsEntry>> entries = ReadSafetensors(file->bytes());
  if (!entries.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("initial_weights: ", source, ": ", entries.status().message()));
  }
  ASSIGN_OR_RETURN(const MatchedWeights matched, MatchInitialWeights(recipe, source, *entries));
  const at::NoGradGuard no_grad;
  for (const Network* network : networks) {
    const std::map<std::string, at::Tensor> tensors = StateByName(*network);
    for (const auto& [name, place] : matched.taken) {
      tensors.at(name).copy_(ToWeight((*entries)[place]));
    }
  }
  return Describe(weights, matched);
}

}  // namespace traind
