#include "bench/predict/echo_services.h"

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>

#include "bench/predict/echo_answer.h"
#include "bench/predict/echo_control.h"
#include "inference/grpc_service.grpc.pb.h"
#include "traind/v1/prediction_service.grpc.pb.h"

namespace traind {
namespace {

using inference::GRPCInferenceService;
using v1::PredictionService;

template <typename Response>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const Response& answer,
                                 Response* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  *response = answer;
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

class CallbackOip final : public GRPCInferenceService::WithCallbackMethod_ModelInfer<EchoControl> {
 public:
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* response) override {
    CountAnswer();
    return Answer(context, OipAnswer(), response);
  }
};

class CallbackTraind final : public PredictionService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context,
                                    const v1::PredictRequest* request,
                                    v1::PredictResponse* response) override {
    return Answer(context, TraindAnswer(), response);
  }
};

class RawCallbackOip final
    : public GRPCInferenceService::WithRawCallbackMethod_ModelInfer<EchoControl> {
 public:
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override {
    CountAnswer();
    return Answer(context, answer_, response);
  }

 private:
  const grpc::ByteBuffer answer_ = ToBuffer(OipAnswer());
};

class RawCallbackTraind final
    : public PredictionService::WithRawCallbackMethod_Predict<PredictionService::CallbackService> {
 public:
  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    return Answer(context, answer_, response);
  }

 private:
  const grpc::ByteBuffer answer_ = ToBuffer(TraindAnswer());
};

template <typename Oip, typename Traind>
class CallbackServices final : public EchoServices {
 public:
  std::vector<grpc::Service*> Services() override { return {&oip_, &traind_}; }

 private:
  Oip oip_;
  Traind traind_;
};

// The messages of both services' predictions.
struct Typed {
  using OipRequest = inference::ModelInferRequest;
  using OipResponse = inference::ModelInferResponse;
  using TraindRequest = v1::PredictRequest;
  using TraindResponse = v1::PredictResponse;
  static OipResponse MakeOipAnswer() { return OipAnswer(); }
  static TraindResponse MakeTraindAnswer() { return TraindAnswer(); }
};

// Their bytes.
struct Raw {
  using OipRequest = grpc::ByteBuffer;
  using OipResponse = grpc::ByteBuffer;
  using TraindRequest = grpc::ByteBuffer;
  using TraindResponse = grpc::ByteBuffer;
  static OipResponse MakeOipAnswer() { return ToBuffer(OipAnswer()); }
  static TraindResponse MakeTraindAnswer() { return ToBuffer(TraindAnswer()); }
};

template <typename Oip, typename Traind, typename Messages>
class QueueServices final : public EchoServices {
 public:
  std::vector<grpc::Service*> Services() override { return {&oip_, &traind_}; }
  bool uses_queues() const override { return true; }

  std::vector<std::unique_ptr<QueueTag>> WaitForCalls(grpc::ServerCompletionQueue& queue) override {
    // More than a client has in flight, so that none waits for a registration.
    constexpr int kWaiting = 128;
    using OipCall = QueuedCall<typename Messages::OipRequest, typename Messages::OipResponse>;
    using TraindCall =
        QueuedCall<typename Messages::TraindRequest, typename Messages::TraindResponse>;
    std::vector<std::unique_ptr<QueueTag>> calls;
    for (int i = 0; i < kWaiting; ++i) {
      calls.push_back(std::make_unique<OipCall>(
          [this](auto* context, auto* request, auto* writer, auto* at, void* tag) {
            oip_.RequestModelInfer(context, request, writer, at, at, tag);
          },
          Messages::MakeOipAnswer(), queue));
      calls.push_back(std::make_unique<TraindCall>(
          [this](auto* context, auto* request, auto* writer, auto* at, void* tag) {
            traind_.RequestPredict(context, request, writer, at, at, tag);
          },
          Messages::MakeTraindAnswer(), queue));
    }
    return calls;
  }

 private:
  Oip oip_;
  Traind traind_;
};

template <typename Services>
std::unique_ptr<EchoServices> Make() {
  return std::make_unique<Services>();
}

using OipAsync = GRPCInferenceService::AsyncService;
using TraindAsync = PredictionService::AsyncService;
using TraindControl = PredictionService::WithCallbackMethod_ListModels<PredictionService::Service>;

const std::map<std::string, std::function<std::unique_ptr<EchoServices>()>>& Makers() {
  static const auto* const makers =
      new std::map<std::string, std::function<std::unique_ptr<EchoServices>()>>{
          {"callback", Make<CallbackServices<CallbackOip, CallbackTraind>>},
          {"callback_raw", Make<CallbackServices<RawCallbackOip, RawCallbackTraind>>},
          {"queues", Make<QueueServices<OipAsync, TraindAsync, Typed>>},
          {"queues_raw",
           Make<QueueServices<GRPCInferenceService::WithRawMethod_ModelInfer<OipAsync>,
                              PredictionService::WithRawMethod_Predict<TraindAsync>, Raw>>},
          {"mixed",
           Make<QueueServices<GRPCInferenceService::WithAsyncMethod_ModelInfer<EchoControl>,
                              PredictionService::WithAsyncMethod_Predict<TraindControl>, Typed>>},
          {"mixed_raw",
           Make<QueueServices<GRPCInferenceService::WithRawMethod_ModelInfer<EchoControl>,
                              PredictionService::WithRawMethod_Predict<TraindControl>, Raw>>},
      };
  return *makers;
}

}  // namespace

const std::vector<std::string>& EchoForms() {
  static const std::vector<std::string>* const forms = [] {
    auto* const names = new std::vector<std::string>;
    for (const auto& [name, make] : Makers()) names->push_back(name);
    return names;
  }();
  return *forms;
}

std::unique_ptr<EchoServices> MakeEchoServices(const std::string& form) {
  const auto found = Makers().find(form);
  return found == Makers().end() ? nullptr : found->second();
}

}  // namespace traind
