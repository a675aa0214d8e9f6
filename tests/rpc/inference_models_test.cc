// The Open Inference Protocol's calls about models, by a real client.

#include "server/rpc/inference_models.h"

#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/inference_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class InferenceModelsTest : public InferenceFixture {
 protected:
  bool Ready(const std::string& model, const std::string& version = "") {
    grpc::ClientContext context;
    inference::ModelReadyRequest request;
    request.set_name(model);
    request.set_version(version);
    inference::ModelReadyResponse response;
    const grpc::Status status = stub_->ModelReady(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.ready();
  }

  grpc::Status Load(const inference::RepositoryModelLoadRequest& request) {
    grpc::ClientContext context;
    inference::RepositoryModelLoadResponse response;
    return stub_->RepositoryModelLoad(&context, request, &response);
  }
  grpc::Status Load(const std::string& model) {
    inference::RepositoryModelLoadRequest request;
    request.set_model_name(model);
    return Load(request);
  }
  grpc::Status Unload(const std::string& model) {
    grpc::ClientContext context;
    inference::RepositoryModelUnloadRequest request;
    request.set_model_name(model);
    // As clients always send it.
    (*request.mutable_parameters())["unload_dependents"].set_bool_param(false);
    inference::RepositoryModelUnloadResponse response;
    return stub_->RepositoryModelUnload(&context, request, &response);
  }

  inference::RepositoryIndexResponse Index() {
    grpc::ClientContext context;
    inference::RepositoryIndexResponse response;
    EXPECT_TRUE(stub_->RepositoryIndex(&context, {}, &response).ok());
    return response;
  }

  // Of model `two`, version 1.
  inference::ModelStatistics Statistics() {
    grpc::ClientContext context;
    inference::ModelStatisticsRequest request;
    request.set_name("two");
    request.set_version("1");
    inference::ModelStatisticsResponse response;
    const grpc::Status status = stub_->ModelStatistics(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.model_stats_size(), 1);
    return response.model_stats_size() == 1 ? response.model_stats(0)
                                            : inference::ModelStatistics();
  }
};

TEST_F(InferenceModelsTest, AModelThatExistsIsReadyLoadedOrNot) {
  ServeInference();
  EXPECT_TRUE(Ready("two"));
  EXPECT_TRUE(Ready("two", "1"));
  EXPECT_EQ(execution_.loads, 0);
}

TEST_F(InferenceModelsTest, UnknownModelsAndVersionsAreNotReady) {
  ServeInference();
  EXPECT_FALSE(Ready("three"));
  EXPECT_FALSE(Ready("two", "2"));
  EXPECT_FALSE(Ready("two", "production"));
}

TEST_F(InferenceModelsTest, AModelIsNotReadyFromAFailedLoadToOneThatSucceeds) {
  execution_.load_status = absl::DataLossError("no weights");
  ServeInference();
  EXPECT_EQ(Load("two").error_code(), grpc::DATA_LOSS);
  EXPECT_FALSE(Ready("two"));
  ASSERT_EQ(Index().models_size(), 1);
  EXPECT_EQ(Index().models(0).state(), "UNAVAILABLE");
  EXPECT_EQ(Index().models(0).reason(), "no weights");
  execution_.load_status = absl::OkStatus();
  EXPECT_TRUE(Load("two").ok());
  EXPECT_TRUE(Ready("two"));
}

TEST_F(InferenceModelsTest, AModelIsNotReadyWhileAnExecutionOfItIsStuck) {
  execution_.hold = true;
  ServeInference();
  std::thread client([this] { EXPECT_TRUE(Infer(RowRequest()).ok()); });
  execution_.begun.WaitForNotification();
  EXPECT_TRUE(Ready("two"));
  clock_.Advance(limits_.predict_stuck_timeout);
  predicts_->Watch();
  EXPECT_FALSE(Ready("two"));
  EXPECT_EQ(Index().models(0).state(), "UNAVAILABLE");
  EXPECT_THAT(Index().models(0).reason(), HasSubstr("does not come back"));
  execution_.release.Notify();
  client.join();
  while (predicts_->stuck_count() > 0) std::this_thread::yield();
  EXPECT_TRUE(Ready("two"));
}

TEST_F(InferenceModelsTest, TheServerIsNotReadyWhileWhatIsInUseIsLoadedAtTheStart) {
  ASSERT_OK(models_.SetAlias("two", "production", 1, clock_.Now()));
  execution_.hold_load = true;
  ServeInference();
  const auto is_server_ready = [this] {
    grpc::ClientContext context;
    inference::ServerReadyResponse response;
    EXPECT_TRUE(stub_->ServerReady(&context, {}, &response).ok());
    return response.ready();
  };
  EXPECT_TRUE(is_server_ready());
  predicts_->LoadVersionsInUse();
  EXPECT_FALSE(is_server_ready());
  execution_.load_begun.WaitForNotification();
  execution_.load_release.Notify();
  while (!predicts_->is_ready()) std::this_thread::yield();
  EXPECT_TRUE(is_server_ready());
  EXPECT_EQ(execution_.loads, 1);
}

TEST_F(InferenceModelsTest, MetadataHasTheSignatureWithItsRowsAndEveryVersion) {
  ServeInference();
  grpc::ClientContext context;
  inference::ModelMetadataRequest request;
  request.set_name("two");
  inference::ModelMetadataResponse response;
  ASSERT_TRUE(stub_->ModelMetadata(&context, request, &response).ok());
  EXPECT_THAT(response.versions(), ElementsAre("1"));
  ASSERT_EQ(response.inputs_size(), 1);
  EXPECT_EQ(response.inputs(0).datatype(), "FP32");
  EXPECT_THAT(response.inputs(0).shape(), ElementsAre(-1, 1, 1, 2));
  EXPECT_EQ(response.outputs_size(), 3);
}

TEST_F(InferenceModelsTest, MetadataOfAnUnknownModelIsNotFound) {
  ServeInference();
  grpc::ClientContext context;
  inference::ModelMetadataRequest request;
  request.set_name("three");
  inference::ModelMetadataResponse response;
  EXPECT_EQ(stub_->ModelMetadata(&context, request, &response).error_code(), grpc::NOT_FOUND);
}

TEST_F(InferenceModelsTest, TheConfigurationHasTheRowsAndTheExecutors) {
  limits_.predict_rows_max = 7;
  options_.executor_count = 2;
  ServeInference();
  grpc::ClientContext context;
  inference::ModelConfigRequest request;
  request.set_name("two");
  inference::ModelConfigResponse response;
  ASSERT_TRUE(stub_->ModelConfig(&context, request, &response).ok());
  EXPECT_EQ(response.config().max_batch_size(), 7);
  ASSERT_EQ(response.config().instance_group_size(), 1);
  EXPECT_EQ(response.config().instance_group(0).count(), 2);
}

TEST_F(InferenceModelsTest, LoadAnswersOnceTheModelIsLoaded) {
  ServeInference();
  EXPECT_THAT(Index().models(0).reason(), HasSubstr("not loaded"));
  EXPECT_TRUE(Load("two").ok());
  EXPECT_EQ(execution_.loads, 1);
  EXPECT_EQ(Index().models(0).state(), "READY");
  EXPECT_EQ(Index().models(0).reason(), "");
}

TEST_F(InferenceModelsTest, AModelThatIsBeingLoadedIsLoading) {
  execution_.hold_load = true;
  ServeInference();
  std::thread client([this] { EXPECT_TRUE(Load("two").ok()); });
  execution_.load_begun.WaitForNotification();
  EXPECT_EQ(Index().models(0).state(), "LOADING");
  execution_.load_release.Notify();
  client.join();
}

TEST_F(InferenceModelsTest, LoadTakesTheVersionThatTheParametersName) {
  ServeInference();
  inference::RepositoryModelLoadRequest request;
  request.set_model_name("two");
  (*request.mutable_parameters())["version"].set_int64_param(1);
  EXPECT_TRUE(Load(request).ok());
  (*request.mutable_parameters())["version"].set_int64_param(2);
  EXPECT_EQ(Load(request).error_code(), grpc::NOT_FOUND);
}

TEST_F(InferenceModelsTest, LoadRefusesConfigurationsFilesAndRepositories) {
  ServeInference();
  EXPECT_EQ(Load("three").error_code(), grpc::NOT_FOUND);
  for (const char* name : {"config", "file:1/model.pt", "speed"}) {
    inference::RepositoryModelLoadRequest request;
    request.set_model_name("two");
    (*request.mutable_parameters())[name].set_string_param("{}");
    EXPECT_EQ(Load(request).error_code(), grpc::INVALID_ARGUMENT) << name;
  }
  inference::RepositoryModelLoadRequest request;
  request.set_model_name("two");
  request.set_repository_name("other");
  EXPECT_EQ(Load(request).error_code(), grpc::UNIMPLEMENTED);
  EXPECT_EQ(execution_.loads, 0);
}

TEST_F(InferenceModelsTest, UnloadGivesTheMemoryBackAndTheNextRequestLoadsAgain) {
  ServeInference();
  ASSERT_TRUE(Infer(RowRequest()).ok());
  ASSERT_THAT(predicts_->pool().Statuses(), SizeIs(1));
  EXPECT_GT(predicts_->pool().Statuses()[0].memory_bytes, 0);
  EXPECT_TRUE(Unload("two").ok());
  for (const ModelPool::Status& status : predicts_->pool().Statuses()) {
    EXPECT_EQ(status.memory_bytes, 0);
  }
  EXPECT_TRUE(Ready("two"));
  EXPECT_TRUE(Infer(RowRequest()).ok());
  EXPECT_EQ(execution_.loads, 2);
}

TEST_F(InferenceModelsTest, UnloadOfAnUnknownModelIsNotFound) {
  ServeInference();
  EXPECT_EQ(Unload("three").error_code(), grpc::NOT_FOUND);
}

TEST_F(InferenceModelsTest, StatisticsCountWhatSucceedsAndWhatFails) {
  ServeInference();
  EXPECT_EQ(Statistics().inference_count(), 0);
  ASSERT_TRUE(Infer(RowRequest()).ok());
  ASSERT_TRUE(Infer(RowRequest()).ok());
  Request bad = RowRequest();
  bad.mutable_inputs(0)->set_name("z");
  ASSERT_FALSE(Infer(bad).ok());
  const inference::ModelStatistics statistics = Statistics();
  EXPECT_EQ(statistics.inference_count(), 2);
  EXPECT_EQ(statistics.execution_count(), 2);
  EXPECT_EQ(statistics.inference_stats().success().count(), 2);
  EXPECT_EQ(statistics.inference_stats().fail().count(), 1);
  EXPECT_EQ(statistics.inference_stats().compute_infer().count(), 2);
  ASSERT_EQ(statistics.batch_stats_size(), 1);
  EXPECT_EQ(statistics.batch_stats(0).batch_size(), 1);
}

TEST_F(InferenceModelsTest, StatisticsCountWhatIsRefusedBeforeItWaits) {
  ServeInference();
  std::vector<Request> refused(4, RowRequest());
  refused[0].mutable_inputs(0)->set_datatype("FP16");
  refused[1].clear_raw_input_contents();
  refused[2].add_outputs()->set_name("nothing");
  (*refused[3].mutable_parameters())["sequence_id"].set_int64_param(1);
  for (const Request& request : refused) EXPECT_FALSE(Infer(request).ok());
  EXPECT_EQ(Statistics().inference_stats().fail().count(), refused.size());
  EXPECT_EQ(Statistics().inference_stats().success().count(), 0);
  EXPECT_EQ(execution_.runs, 0);
}

TEST_F(InferenceModelsTest, StatisticsOfAllModelsHaveEveryVersion) {
  ServeInference();
  grpc::ClientContext context;
  inference::ModelStatisticsResponse response;
  ASSERT_TRUE(stub_->ModelStatistics(&context, {}, &response).ok());
  ASSERT_EQ(response.model_stats_size(), 1);
  EXPECT_EQ(response.model_stats(0).name(), "two");
  EXPECT_EQ(response.model_stats(0).version(), "1");
}

TEST_F(InferenceModelsTest, StatisticsOfAnUnknownModelAreNotFound) {
  ServeInference();
  grpc::ClientContext context;
  inference::ModelStatisticsRequest request;
  request.set_name("three");
  inference::ModelStatisticsResponse response;
  EXPECT_EQ(stub_->ModelStatistics(&context, request, &response).error_code(), grpc::NOT_FOUND);
}

}  // namespace
}  // namespace traind
