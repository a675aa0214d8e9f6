#ifndef TRAIND_SERVER_RPC_PREDICTION_RPC_H_
#define TRAIND_SERVER_RPC_PREDICTION_RPC_H_

#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/rpc/call_door.h"
#include "server/serving/predict_service.h"
#include "traind/v1/prediction_service.grpc.pb.h"

namespace traind {

// traind.v1.PredictionService over the predict service. Predict goes straight
// to it, without the detour through the handler pool, since it never blocks.
// Stateless; thread-safe.
class PredictionRpc final : public v1::PredictionService::CallbackService {
 public:
  // All must outlive the service and its calls.
  PredictionRpc(PredictService& predicts, CallDoor& door, const Limits& limits, const Clock& clock)
      : predicts_(predicts), door_(door), limits_(limits), clock_(clock) {}

  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context,
                                    const v1::PredictRequest* request,
                                    v1::PredictResponse* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;

 private:
  PredictService& predicts_;
  CallDoor& door_;
  const Limits limits_;
  const Clock& clock_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_PREDICTION_RPC_H_
