#include "tests/torch/layer_fixture.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "server/base/safetensors.h"
#include "tests/torch/fixture_file.h"

namespace traind {
namespace {

std::vector<LayerFixture::Case> CasesOf(const nlohmann::json& list) {
  std::vector<LayerFixture::Case> cases;
  for (const auto& entry : list) {
    LayerFixture::Case& added = cases.emplace_back();
    added.name = entry.at("name").get<std::string>();
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        entry.at("network").get<std::string>(), &added.network))
        << added.name;
  }
  return cases;
}

}  // namespace

std::map<std::string, at::Tensor> LayerFixture::Below(const std::string& prefix) const {
  std::map<std::string, at::Tensor> found;
  for (auto it = tensors.lower_bound(prefix); it != tensors.end(); ++it) {
    if (it->first.compare(0, prefix.size(), prefix) != 0) break;
    found[it->first.substr(prefix.size())] = it->second;
  }
  return found;
}

LayerFixture ReadLayerFixture() {
  LayerFixture fixture;
  const nlohmann::json description = nlohmann::json::parse(ReadFixture("layers.json"));
  fixture.cases = CasesOf(description.at("cases"));
  fixture.initial_cases = CasesOf(description.at("initial_cases"));
  fixture.seed = description.at("seed").get<int64_t>();
  const std::string file = ReadFixture("layers.safetensors");
  const auto entries = ReadSafetensors(file);
  EXPECT_TRUE(entries.ok()) << entries.status();
  for (const SafetensorsEntry& entry : *entries) {
    const at::Tensor tensor =
        at::empty(entry.shape, entry.data_type == "F64" ? at::kDouble : at::kFloat);
    std::memcpy(tensor.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
    fixture.tensors[entry.name] = tensor;
  }
  return fixture;
}

void SetNetwork(const std::map<std::string, at::Tensor>& tensors, const Network& network) {
  const at::NoGradGuard no_grad;
  std::set<std::string> names;
  for (const auto* list : {&network.parameters(), &network.buffers()}) {
    for (const NamedTensor& named : *list) {
      names.insert(named.name);
      const auto found = tensors.find(named.name);
      if (found != tensors.end()) named.tensor.copy_(found->second);
    }
  }
  EXPECT_EQ(names, NamesOf(tensors));
}

std::set<std::string> NamesOf(const std::map<std::string, at::Tensor>& tensors) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : tensors) names.insert(name);
  return names;
}

std::set<std::string> NamesOf(const std::vector<NamedTensor>& tensors) {
  std::set<std::string> names;
  for (const NamedTensor& named : tensors) names.insert(named.name);
  return names;
}

double LargestDifference(const at::Tensor& expected, const at::Tensor& actual) {
  if (expected.sizes() != actual.sizes()) return std::numeric_limits<double>::infinity();
  return (actual.detach().to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace traind
