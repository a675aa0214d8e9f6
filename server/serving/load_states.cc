#include "server/serving/load_states.h"

namespace traind {
namespace {

v1::LoadState ToProto(ModelPool::State state) {
  switch (state) {
    case ModelPool::State::kLoading:
      return v1::LOAD_STATE_LOADING;
    case ModelPool::State::kReady:
      return v1::LOAD_STATE_READY;
    case ModelPool::State::kUnavailable:
      return v1::LOAD_STATE_UNAVAILABLE;
    case ModelPool::State::kUnknown:
      break;
  }
  return v1::LOAD_STATE_UNSPECIFIED;
}

}  // namespace

void AddLoadStates(const ModelPool& pool, const TroubleOf& trouble_of, v1::Model& model) {
  for (v1::ModelVersion& version : *model.mutable_versions()) {
    const ModelPool::Status status = pool.StatusOf(version.model(), version.version());
    version.set_load_state(ToProto(status.state));
    const std::string trouble = trouble_of ? trouble_of(version.model(), version.version()) : "";
    version.set_load_reason(trouble.empty() ? status.reason : trouble);
    version.set_memory_bytes(status.memory_bytes);
    version.set_device(status.device);
  }
}

}  // namespace traind
