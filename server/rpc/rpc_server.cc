#include "server/rpc/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <stop_token>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/rpc/call_door.h"
#include "server/rpc/dataset_rpc.h"
#include "server/rpc/export_rpc.h"
#include "server/rpc/handler_pool.h"
#include "server/rpc/health_rpc.h"
#include "server/rpc/inference_rpc.h"
#include "server/rpc/model_rpc.h"
#include "server/rpc/module_rpc.h"
#include "server/rpc/prediction_rpc.h"
#include "server/rpc/recipe_rpc.h"
#include "server/rpc/server_rpc.h"
#include "server/rpc/sweep_rpc.h"
#include "server/rpc/tls_credentials.h"
#include "server/rpc/training_rpc.h"
#include "server/rpc/wakefulness.h"

namespace traind {
namespace {

// Finds connections whose peer is gone within 40 s, and lets clients ping every
// 10 s to do the same, where gRPC's default would hang up on them.
void SetKeepalive(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

void SetLimits(const Limits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits.message_bytes_max));
  builder.SetMaxSendMessageSize(static_cast<int>(limits.message_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.connection_calls_max);
}

// The address with the port that gRPC has chosen in place of the one asked for.
std::string WithPort(const std::string& address, int port) {
  const size_t colon = address.rfind(':');
  return absl::StrCat(address.substr(0, colon), ":", port);
}

absl::Status CheckAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon != std::string::npos && colon > 0 && colon + 1 < address.size()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "listen address: expected host:port such as 127.0.0.1:50051, got \"", address, "\""));
}

// What health knows by name: the server and its services; and those that predict.
std::vector<std::string> HealthNames() {
  return {"",
          v1::TrainingService::service_full_name(),
          v1::ModelService::service_full_name(),
          v1::RecipeService::service_full_name(),
          v1::DatasetService::service_full_name(),
          v1::ExportService::service_full_name(),
          v1::ModuleService::service_full_name(),
          v1::ServerService::service_full_name(),
          v1::SweepService::service_full_name()};
}
std::vector<std::string> PredictingNames() {
  return {v1::PredictionService::service_full_name(),
          inference::GRPCInferenceService::service_full_name()};
}

}  // namespace

// In order of construction; the gRPC server goes first.
struct RpcServer::Parts {
  Parts(Options options, const Backend& backend, v1::ServerInfo info)
      : handler_pool("handler_queue_max", options.limits.handler_threads,
                     options.limits.handler_queue_max),
        stream_pool("subscribers_max", options.limits.handler_threads,
                    options.limits.subscribers_max),
        observer(options.observer != nullptr ? *options.observer : silence),
        door(std::move(options.token), observer, handler_pool, backend.clock),
        training({backend.runs, backend.event_log, door, stream_pool, observer, backend.clock},
                 options.limits, stop.get_token()),
        prediction(backend.predicts, door, options.limits, backend.clock),
        model(backend.models, door),
        recipe(backend.recipes, door, options.limits),
        import_pool("dataset_pushes_max", options.limits.dataset_imports_max,
                    options.limits.dataset_pushes_max),
        dataset({backend.datasets, backend.dataset_store, backend.runs}, door,
                {handler_pool, import_pool}, options.limits),
        exports(backend.runs, backend.models, backend.export_files, door),
        inspection_pool("module_pushes_max", 1, options.limits.module_pushes_max),
        module({backend.modules, backend.module_store, backend.module_publisher, backend.runs},
               door, {handler_pool, inspection_pool}, options.limits),
        inference({options.limits, info.version(), options.executor_count},
                  {backend.predicts, backend.models, backend.statistics}, door, stop.get_token(),
                  backend.clock),
        server_info(std::move(info), backend.log, door),
        sweep(backend.sweeps, door),
        health(HealthNames(), PredictingNames(), backend.predicts, options.limits) {}

  std::stop_source stop;
  HandlerPool handler_pool;
  HandlerPool stream_pool;
  RpcObserver silence;
  RpcObserver& observer;
  CallDoor door;
  TrainingRpc training;
  PredictionRpc prediction;
  ModelRpc model;
  RecipeRpc recipe;
  HandlerPool import_pool;
  DatasetRpc dataset;
  ExportRpc exports;
  HandlerPool inspection_pool;
  ModuleRpc module;
  InferenceRpc inference;
  ServerRpc server_info;
  SweepRpc sweep;
  HealthRpc health;
  std::string address;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Wakefulness> wakefulness;
};

RpcServer::RpcServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(Options options, Backend backend,
                                                            v1::ServerInfo info) {
  const absl::Status well_formed = CheckAddress(options.listen_address);
  if (!well_formed.ok()) return well_formed;
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials =
      MakeServerCredentials(options.tls);
  if (!credentials.ok()) return credentials.status();
  const std::string listen_address = options.listen_address;
  const bool with_tls = options.tls.has_value();

  // Acts on every builder of the process; idempotent.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  grpc::ServerBuilder builder;
  SetLimits(options.limits, builder);
  SetKeepalive(builder);
  // Without it a second server on the port would start and take half the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(listen_address, *credentials, &port);

  const absl::Duration wake_interval = options.limits.wake_interval;
  auto parts = std::make_unique<Parts>(std::move(options), backend, std::move(info));
  for (grpc::Service* service :
       {static_cast<grpc::Service*>(&parts->training),
        static_cast<grpc::Service*>(&parts->prediction), static_cast<grpc::Service*>(&parts->model),
        static_cast<grpc::Service*>(&parts->recipe), static_cast<grpc::Service*>(&parts->dataset),
        static_cast<grpc::Service*>(&parts->exports), static_cast<grpc::Service*>(&parts->module),
        static_cast<grpc::Service*>(&parts->inference),
        static_cast<grpc::Service*>(&parts->server_info),
        static_cast<grpc::Service*>(&parts->sweep), static_cast<grpc::Service*>(&parts->health)}) {
    builder.RegisterService(service);
  }
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen_address,
                     ": another process uses the port, or the address is not this machine's",
                     with_tls ? ", or the TLS certificate and private key do not fit" : ""));
  }
  parts->address = WithPort(listen_address, port);
  parts->wakefulness = std::make_unique<Wakefulness>(*parts->server, wake_interval);
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(parts)));
}

RpcServer::~RpcServer() { Shutdown(absl::InfinitePast()); }

const std::string& RpcServer::address() const { return parts_->address; }

void RpcServer::LeaveHealth() {
  parts_->inference.StopBeingReady();
  parts_->health.Leave();
}

void RpcServer::RefreshHealth() { parts_->health.Refresh(); }

void RpcServer::Shutdown(absl::Time deadline) {
  parts_->wakefulness.reset();
  parts_->stop.request_stop();
  parts_->health.Stop();
  parts_->door.Close(deadline);
  parts_->server->Shutdown(absl::ToChronoTime(deadline));
}

}  // namespace traind
