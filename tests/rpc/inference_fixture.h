#ifndef TRAIND_TESTS_RPC_INFERENCE_FIXTURE_H_
#define TRAIND_TESTS_RPC_INFERENCE_FIXTURE_H_

#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "inference/grpc_service.grpc.pb.h"
#include "tests/rpc/rpc_fixture.h"

namespace traind {

// A client of the Open Inference Protocol at the endpoint of RpcFixture, whose model
// `two` answers a row with its first number as the first logit.
class InferenceFixture : public RpcFixture {
 protected:
  using Request = inference::ModelInferRequest;
  using Response = inference::ModelInferResponse;

  void ServeInference() {
    Serve();
    stub_ = inference::GRPCInferenceService::NewStub(channel_);
  }

  // A good request with one raw row.
  static Request RowRequest(const std::string& id = "", float first = 0) {
    Request request;
    request.set_model_name("two");
    request.set_id(id);
    Request::InferInputTensor& x = *request.add_inputs();
    x.set_name("x");
    x.set_datatype("FP32");
    for (int64_t size : {1, 1, 1, 2}) x.add_shape(size);
    std::string raw(8, '\0');
    std::memcpy(raw.data(), &first, sizeof(first));
    request.add_raw_input_contents(raw);
    return request;
  }

  grpc::Status Infer(const Request& request, Response& response) {
    grpc::ClientContext context;
    return stub_->ModelInfer(&context, request, &response);
  }
  grpc::Status Infer(const Request& request) {
    Response response;
    return Infer(request, response);
  }

  // Waits until so many predictions wait.
  void AwaitQueueDepth(int depth) {
    while (predicts_->queue_depth() < depth) std::this_thread::yield();
  }

  // The number that an answer's logits begin with.
  static float FirstLogit(const Response& response) {
    for (int i = 0; i < response.outputs_size(); ++i) {
      if (response.outputs(i).name() != "logits") continue;
      float value;
      std::memcpy(&value, response.raw_output_contents(i).data(), sizeof(value));
      return value;
    }
    ADD_FAILURE() << "no logits: " << response.ShortDebugString();
    return 0;
  }

  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_INFERENCE_FIXTURE_H_
