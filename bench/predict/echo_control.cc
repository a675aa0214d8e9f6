#include "bench/predict/echo_control.h"

namespace traind {
namespace {

grpc::ServerUnaryReactor* Done(grpc::CallbackServerContext* context) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

void AddTensor(const char* name, const char* datatype, std::initializer_list<int64_t> shape,
               inference::ModelMetadataResponse::TensorMetadata& tensor) {
  tensor.set_name(name);
  tensor.set_datatype(datatype);
  for (const int64_t size : shape) tensor.add_shape(size);
}

void AddOutput(const char* name, inference::DataType type, inference::ModelConfig& config,
               std::initializer_list<int64_t> dims) {
  inference::ModelOutput& output = *config.add_output();
  output.set_name(name);
  output.set_data_type(type);
  for (const int64_t size : dims) output.add_dims(size);
}

}  // namespace

grpc::ServerUnaryReactor* EchoControl::ServerLive(grpc::CallbackServerContext* context,
                                                  const inference::ServerLiveRequest* request,
                                                  inference::ServerLiveResponse* response) {
  response->set_live(true);
  return Done(context);
}

grpc::ServerUnaryReactor* EchoControl::ServerReady(grpc::CallbackServerContext* context,
                                                   const inference::ServerReadyRequest* request,
                                                   inference::ServerReadyResponse* response) {
  response->set_ready(true);
  return Done(context);
}

grpc::ServerUnaryReactor* EchoControl::ModelReady(grpc::CallbackServerContext* context,
                                                  const inference::ModelReadyRequest* request,
                                                  inference::ModelReadyResponse* response) {
  response->set_ready(true);
  return Done(context);
}

grpc::ServerUnaryReactor* EchoControl::ServerMetadata(
    grpc::CallbackServerContext* context, const inference::ServerMetadataRequest* request,
    inference::ServerMetadataResponse* response) {
  response->set_name("echo");
  response->set_version("1");
  response->add_extensions("model_configuration");
  response->add_extensions("statistics");
  return Done(context);
}

grpc::ServerUnaryReactor* EchoControl::ModelMetadata(grpc::CallbackServerContext* context,
                                                     const inference::ModelMetadataRequest* request,
                                                     inference::ModelMetadataResponse* response) {
  response->set_name(request->name());
  response->add_versions("1");
  response->set_platform("echo");
  AddTensor("x", "FP32", {-1, 1, 28, 28}, *response->add_inputs());
  AddTensor("classes", "INT64", {-1}, *response->add_outputs());
  AddTensor("logits", "FP32", {-1, 10}, *response->add_outputs());
  AddTensor("probabilities", "FP32", {-1, 10}, *response->add_outputs());
  return Done(context);
}

grpc::ServerUnaryReactor* EchoControl::ModelConfig(grpc::CallbackServerContext* context,
                                                   const inference::ModelConfigRequest* request,
                                                   inference::ModelConfigResponse* response) {
  inference::ModelConfig& config = *response->mutable_config();
  config.set_name(request->name());
  config.set_platform("echo");
  config.set_max_batch_size(64);
  inference::ModelInput& input = *config.add_input();
  input.set_name("x");
  input.set_data_type(inference::TYPE_FP32);
  for (const int64_t size : {1, 28, 28}) input.add_dims(size);
  AddOutput("classes", inference::TYPE_INT64, config, {});
  AddOutput("logits", inference::TYPE_FP32, config, {10});
  AddOutput("probabilities", inference::TYPE_FP32, config, {10});
  return Done(context);
}

// Counts alone: an echo has no times. perf_analyzer finds the version by the
// queue's count that has grown.
grpc::ServerUnaryReactor* EchoControl::ModelStatistics(
    grpc::CallbackServerContext* context, const inference::ModelStatisticsRequest* request,
    inference::ModelStatisticsResponse* response) {
  inference::ModelStatistics& statistics = *response->add_model_stats();
  // No name asks for all models.
  statistics.set_name(request->name().empty() ? "s4" : request->name());
  statistics.set_version("1");
  statistics.set_inference_count(infer_count_);
  statistics.set_execution_count(infer_count_);
  inference::InferStatistics& counts = *statistics.mutable_inference_stats();
  counts.mutable_success()->set_count(infer_count_);
  counts.mutable_queue()->set_count(infer_count_);
  return Done(context);
}

}  // namespace traind
