// The Open Inference Protocol's calls about the server, and ModelInfer: what it answers,
// and how it refuses every kind of bad request.

#include "server/rpc/inference_rpc.h"

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/inference_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class InferenceRpcTest : public InferenceFixture {
 protected:
  bool Ready() {
    grpc::ClientContext context;
    inference::ServerReadyResponse response;
    EXPECT_TRUE(stub_->ServerReady(&context, {}, &response).ok());
    return response.ready();
  }
};

TEST_F(InferenceRpcTest, TheServerIsLive) {
  ServeInference();
  grpc::ClientContext context;
  inference::ServerLiveResponse response;
  ASSERT_TRUE(stub_->ServerLive(&context, {}, &response).ok());
  EXPECT_TRUE(response.live());
}

TEST_F(InferenceRpcTest, TheServerIsReadyUntilItLeavesHealth) {
  ServeInference();
  EXPECT_TRUE(Ready());
  server_->LeaveHealth();
  EXPECT_FALSE(Ready());
}

TEST_F(InferenceRpcTest, TheServersMetadataHasItsVersionAndWhatWorks) {
  ServeInference();
  grpc::ClientContext context;
  inference::ServerMetadataResponse response;
  ASSERT_TRUE(stub_->ServerMetadata(&context, {}, &response).ok());
  EXPECT_EQ(response.name(), "traind");
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_THAT(response.extensions(), Contains("statistics"));
  EXPECT_THAT(response.extensions(), Not(Contains("system_shared_memory")));
}

TEST_F(InferenceRpcTest, ModelInferAnswersWithVersionIdAndRawOutputs) {
  ServeInference();
  Response response;
  const grpc::Status status = Infer(RowRequest("r-1", 2.5f), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.model_name(), "two");
  EXPECT_EQ(response.model_version(), "1");
  EXPECT_EQ(response.id(), "r-1");
  ASSERT_EQ(response.outputs_size(), 3);
  EXPECT_EQ(response.outputs(0).name(), "classes");
  EXPECT_EQ(response.raw_output_contents_size(), 3);
  EXPECT_EQ(FirstLogit(response), 2.5f);
}

TEST_F(InferenceRpcTest, ModelInferTakesTypedContents) {
  ServeInference();
  Request request = RowRequest();
  request.clear_raw_input_contents();
  for (const float value : {0.5f, 1.0f}) {
    request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(value);
  }
  Response response;
  const grpc::Status status = Infer(request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(FirstLogit(response), 0.5f);
}

TEST_F(InferenceRpcTest, ModelInferAnswersOnlyTheOutputsAskedForWithTheirClasses) {
  ServeInference();
  Request request = RowRequest();
  Request::InferRequestedOutputTensor& output = *request.add_outputs();
  output.set_name("probabilities");
  (*output.mutable_parameters())["classification"].set_int64_param(1);
  Response response;
  const grpc::Status status = Infer(request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_EQ(response.outputs(0).datatype(), "BYTES");
  // Four bytes of length, then the value and the class.
  EXPECT_EQ(response.raw_output_contents(0).substr(4), "0.75:1");
}

TEST_F(InferenceRpcTest, AnAliasIsAVersionToo) {
  ASSERT_OK(models_.SetAlias("two", "production", 1, clock_.Now()));
  ServeInference();
  Request request = RowRequest();
  request.set_model_version("production");
  Response response;
  ASSERT_TRUE(Infer(request, response).ok());
  EXPECT_EQ(response.model_version(), "1");
}

TEST_F(InferenceRpcTest, EveryKindOfBadRequestGetsItsCodeAndComputesNothing) {
  ServeInference();
  const auto shared_memory = [](auto& tensor) {
    (*tensor.mutable_parameters())["shared_memory_region"].set_string_param("r");
  };
  struct Case {
    const char* name;
    std::function<void(Request&)> spoil;
    grpc::StatusCode code;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"no model", [](Request& r) { r.clear_model_name(); }, grpc::INVALID_ARGUMENT,
       "model name: expected"},
      {"unknown model", [](Request& r) { r.set_model_name("three"); }, grpc::NOT_FOUND, "three"},
      {"unknown version", [](Request& r) { r.set_model_version("9"); }, grpc::NOT_FOUND, "9"},
      {"version 0", [](Request& r) { r.set_model_version("0"); }, grpc::INVALID_ARGUMENT,
       "model version: expected"},
      {"unknown alias", [](Request& r) { r.set_model_version("canary"); }, grpc::NOT_FOUND,
       "canary"},
      {"unknown output", [](Request& r) { r.add_outputs()->set_name("y"); }, grpc::INVALID_ARGUMENT,
       "outputs: expected some of classes"},
      {"no input", [](Request& r) { r.clear_inputs(), r.clear_raw_input_contents(); },
       grpc::INVALID_ARGUMENT, "inputs"},
      {"wrong input", [](Request& r) { r.mutable_inputs(0)->set_name("z"); },
       grpc::INVALID_ARGUMENT, "z"},
      {"input twice",
       [](Request& r) {
         *r.add_inputs() = r.inputs(0);
         r.add_raw_input_contents(std::string(8, '\0'));
       },
       grpc::INVALID_ARGUMENT, "got twice"},
      {"unknown datatype", [](Request& r) { r.mutable_inputs(0)->set_datatype("FP99"); },
       grpc::INVALID_ARGUMENT, "FP99"},
      {"another datatype",
       [](Request& r) {
         r.mutable_inputs(0)->set_datatype("INT64");
         r.set_raw_input_contents(0, std::string(16, '\0'));
       },
       grpc::INVALID_ARGUMENT, "x"},
      {"wrong shape",
       [](Request& r) {
         r.mutable_inputs(0)->set_shape(3, 1), r.set_raw_input_contents(0, std::string(4, '\0'));
       },
       grpc::INVALID_ARGUMENT, "[1, 1, 1, 1]"},
      {"negative shape", [](Request& r) { r.mutable_inputs(0)->set_shape(0, -1); },
       grpc::INVALID_ARGUMENT, "-1"},
      {"no rows",
       [](Request& r) {
         r.mutable_inputs(0)->set_shape(0, 0);
         r.set_raw_input_contents(0, "");
       },
       grpc::INVALID_ARGUMENT, "x"},
      {"too few bytes", [](Request& r) { r.set_raw_input_contents(0, "1234"); },
       grpc::INVALID_ARGUMENT, "8"},
      {"raw and typed",
       [](Request& r) { r.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1); },
       grpc::INVALID_ARGUMENT, "got both"},
      {"neither", [](Request& r) { r.clear_raw_input_contents(); }, grpc::INVALID_ARGUMENT,
       "got neither"},
      {"too many raw", [](Request& r) { r.add_raw_input_contents("x"); }, grpc::INVALID_ARGUMENT,
       "got 2"},
      {"not a number", [](Request& r) { r.set_raw_input_contents(0, std::string(8, '\xff')); },
       grpc::INVALID_ARGUMENT, "x"},
      {"a sequence",
       [](Request& r) { (*r.mutable_parameters())["sequence_id"].set_int64_param(7); },
       grpc::INVALID_ARGUMENT, "sequence_id"},
      {"a priority of another type",
       [](Request& r) { (*r.mutable_parameters())["priority"].set_string_param("high"); },
       grpc::INVALID_ARGUMENT, "priority"},
      {"a negative timeout",
       [](Request& r) { (*r.mutable_parameters())["timeout"].set_int64_param(-1); },
       grpc::INVALID_ARGUMENT, "timeout"},
      {"an input in shared memory", [&](Request& r) { shared_memory(*r.mutable_inputs(0)); },
       grpc::UNIMPLEMENTED, "shared memory"},
      {"an output in shared memory",
       [&](Request& r) {
         r.add_outputs()->set_name("logits");
         shared_memory(*r.mutable_outputs(0));
       },
       grpc::UNIMPLEMENTED, "shared memory"},
  };
  for (const Case& bad : cases) {
    Request request = RowRequest();
    bad.spoil(request);
    const grpc::Status status = Infer(request);
    EXPECT_EQ(status.error_code(), bad.code) << bad.name << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(bad.message)) << bad.name;
  }
  EXPECT_EQ(execution_.runs, 0);
  EXPECT_TRUE(Infer(RowRequest()).ok());
}

TEST_F(InferenceRpcTest, ATimeoutThatPassesInTheQueueIsDeadlineExceeded) {
  execution_.hold = true;
  ServeInference();
  std::thread first([this] { Infer(RowRequest()); });
  execution_.begun.WaitForNotification();
  grpc::Status status;
  std::thread second([&] {
    Request request = RowRequest();
    (*request.mutable_parameters())["timeout"].set_int64_param(1000);
    (*request.mutable_parameters())["priority"].set_uint64_param(1);
    status = Infer(request);
  });
  AwaitQueueDepth(1);
  clock_.Advance(absl::Milliseconds(1));
  execution_.release.Notify();
  first.join();
  second.join();
  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED) << status.error_message();
  EXPECT_EQ(execution_.runs, 1);
}

TEST_F(InferenceRpcTest, AFullQueueIsResourceExhausted) {
  execution_.hold = true;
  limits_.predict_queue_max = 1;
  ServeInference();
  std::thread first([this] { Infer(RowRequest()); });
  execution_.begun.WaitForNotification();
  std::thread second([this] { Infer(RowRequest()); });
  AwaitQueueDepth(1);
  EXPECT_EQ(Infer(RowRequest()).error_code(), grpc::RESOURCE_EXHAUSTED);
  execution_.release.Notify();
  first.join();
  second.join();
}

TEST_F(InferenceRpcTest, ACancelledCallFreesItsPlaceInTheQueue) {
  execution_.hold = true;
  limits_.predict_queue_max = 1;
  ServeInference();
  std::thread first([this] { Infer(RowRequest()); });
  execution_.begun.WaitForNotification();
  grpc::ClientContext context;
  std::thread second([&] {
    Response response;
    EXPECT_EQ(stub_->ModelInfer(&context, RowRequest(), &response).error_code(), grpc::CANCELLED);
  });
  AwaitQueueDepth(1);
  context.TryCancel();
  second.join();
  // Refused until the server has learnt of the cancel; then it waits for the first.
  grpc::Status third;
  std::thread retries([&] {
    do {
      third = Infer(RowRequest());
    } while (third.error_code() == grpc::RESOURCE_EXHAUSTED);
  });
  while (std::ranges::count(calls_.ended(), "GRPCInferenceService/ModelInfer CANCELLED") == 0) {
    std::this_thread::yield();
  }
  execution_.release.Notify();
  first.join();
  retries.join();
  EXPECT_TRUE(third.ok()) << third.error_message();
  EXPECT_EQ(execution_.runs, 2);
}

TEST_F(InferenceRpcTest, TheTokenIsAskedFor) {
  options_.token = "s3cret";
  ServeInference();
  EXPECT_EQ(Infer(RowRequest()).error_code(), grpc::UNAUTHENTICATED);
  EXPECT_THAT(calls_.ended(), ElementsAre("GRPCInferenceService/ModelInfer UNAUTHENTICATED"));
}

TEST_F(InferenceRpcTest, SharedMemoryTraceAndLogAreUnimplementedWithAReason) {
  ServeInference();
  const auto expect = [](const grpc::Status& status, const char* reason) {
    EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED);
    EXPECT_THAT(status.error_message(), HasSubstr(reason));
  };
  grpc::ClientContext contexts[4];
  inference::SystemSharedMemoryRegisterResponse system;
  expect(stub_->SystemSharedMemoryRegister(&contexts[0], {}, &system), "shared memory");
  inference::CudaSharedMemoryStatusResponse cuda;
  expect(stub_->CudaSharedMemoryStatus(&contexts[1], {}, &cuda), "shared memory");
  inference::TraceSettingResponse trace;
  expect(stub_->TraceSetting(&contexts[2], {}, &trace), "trace settings");
  inference::LogSettingsResponse log;
  expect(stub_->LogSettings(&contexts[3], {}, &log), "log settings");
}

}  // namespace
}  // namespace traind
