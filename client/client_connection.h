#ifndef TRAIND_CLIENT_CLIENT_CONNECTION_H_
#define TRAIND_CLIENT_CLIENT_CONNECTION_H_

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/backoff.h"
#include "client/channel.h"
#include "client/request_id.h"
#include "client/rpc_status.h"
#include "client/run_follower.h"
#include "client/traind_client.h"
#include "client/waiter.h"
#include "traind/v1/dataset_service.grpc.pb.h"
#include "traind/v1/export_service.grpc.pb.h"
#include "traind/v1/model_service.grpc.pb.h"
#include "traind/v1/module_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"
#include "traind/v1/recipe_service.grpc.pb.h"
#include "traind/v1/server_service.grpc.pb.h"
#include "traind/v1/sweep_service.grpc.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {

// The channel of a Client, its stubs, and how a call is made: with a deadline, the
// request's id and the token, again where that is safe. Thread-safe.
struct Client::Connection {
  using Deadline = std::chrono::system_clock::time_point;
  enum class Repeat { kSafe, kNever };

  static constexpr int kReconnectTries = 10;

  static Deadline FromNow(absl::Duration duration) {
    return absl::ToChronoTime(absl::Now() + duration);
  }
  // Whether a later try may succeed. Nobody here has cancelled the call: a server that
  // is shutting down does so with calls that come too late.
  static bool IsPassing(const grpc::Status& status) {
    return status.error_code() == grpc::UNAVAILABLE || status.error_code() == grpc::CANCELLED;
  }

  Connection(std::shared_ptr<grpc::Channel> channel, std::string token, const Options& options)
      : options(options),
        channel(channel),
        waiter(options.waiter != nullptr ? *options.waiter : SystemWaiter()),
        token(std::move(token)),
        training(v1::TrainingService::NewStub(channel)),
        prediction(v1::PredictionService::NewStub(channel)),
        models(v1::ModelService::NewStub(channel)),
        recipes(v1::RecipeService::NewStub(channel)),
        datasets(v1::DatasetService::NewStub(channel)),
        exports(v1::ExportService::NewStub(channel)),
        modules(v1::ModuleService::NewStub(channel)),
        server(v1::ServerService::NewStub(channel)),
        sweeps(v1::SweepService::NewStub(channel)) {}

  void Prepare(grpc::ClientContext& context, Deadline deadline,
               const std::string& request_id) const {
    context.set_deadline(deadline);
    context.AddMetadata(kRequestIdMetadata, request_id);
    if (!token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, Repeat repeat) const {
    const int tries = repeat == Repeat::kSafe ? options.unary_tries_max : 1;
    const Deadline deadline = FromNow(options.deadline);
    const std::string request_id = NewRequestId();  // of the call, however often it is tried
    Backoff backoff(options.backoff, std::random_device()());
    for (int tried = 1;; ++tried) {
      grpc::ClientContext context;
      Prepare(context, deadline, request_id);
      std::stop_callback cancel(options.stop, [&context] { context.TryCancel(); });
      Response response;
      const grpc::Status status = (stub.*method)(&context, request, &response);
      if (status.ok()) return response;
      if (options.stop.stop_requested()) return absl::CancelledError("interrupted");
      const absl::Duration delay = backoff.Next();
      if (!IsPassing(status) || tried >= tries || FromNow(delay) >= deadline) {
        return FromRpcStatus(status, options.address, request_id);
      }
      waiter.Wait(delay, options.stop);
      Reconnect(options.stop, 1);
    }
  }

  // Waits until the channel is connected, at most `tries` times 200 ms. gRPC
  // makes progress with a connection only while a thread waits inside of it;
  // left alone it looks every five seconds, and quick calls only see the old failure.
  void Reconnect(const std::stop_token& stop, int tries) const {
    for (int tried = 0; tried < tries && !stop.stop_requested(); ++tried) {
      if (channel->WaitForConnected(FromNow(absl::Milliseconds(200)))) return;
    }
  }

  // What prepares the context of a stream, and gives its request id.
  std::function<std::string(grpc::ClientContext&)> StreamPreparation() const {
    return [this](grpc::ClientContext& context) {
      std::string request_id = NewRequestId();
      Prepare(context, FromNow(options.stream_deadline), request_id);
      return request_id;
    };
  }

  RunFollower::Server ServerOf(Client& client, const std::string& run_id) const {
    return {.training = training.get(),
            .prepare = StreamPreparation(),
            .reconnect = [this](std::stop_token stop) { Reconnect(stop, kReconnectTries); },
            .get_run = [&client, run_id] { return client.GetRun(run_id); },
            .address = options.address};
  }

  const Options& options;  // the client's, which outlives this
  const std::shared_ptr<grpc::Channel> channel;
  Waiter& waiter;
  const std::string token;
  const std::unique_ptr<v1::TrainingService::Stub> training;
  const std::unique_ptr<v1::PredictionService::Stub> prediction;
  const std::unique_ptr<v1::ModelService::Stub> models;
  const std::unique_ptr<v1::RecipeService::Stub> recipes;
  const std::unique_ptr<v1::DatasetService::Stub> datasets;
  const std::unique_ptr<v1::ExportService::Stub> exports;
  const std::unique_ptr<v1::ModuleService::Stub> modules;
  const std::unique_ptr<v1::ServerService::Stub> server;
  const std::unique_ptr<v1::SweepService::Stub> sweeps;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_CLIENT_CONNECTION_H_
