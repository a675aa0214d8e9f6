// Each unary call through a real client: what it answers and how it refuses.

#include <string>

#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ServicesTest : public RpcFixture {
 protected:
  ServicesTest() {
    Serve();
    predictions_ = v1::PredictionService::NewStub(channel_);
    recipe_service_ = v1::RecipeService::NewStub(channel_);
    dataset_service_ = v1::DatasetService::NewStub(channel_);
  }

  grpc::Status ReadRows(const std::string& split, const std::vector<int64_t>& rows,
                        v1::ReadDatasetRowsResponse& response) {
    v1::ReadDatasetRowsRequest request;
    request.set_dataset("tiny");
    request.set_split(split);
    for (int64_t row : rows) request.add_row_indexes(row);
    return dataset_service_->ReadDatasetRows(&context_, request, &response);
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::PredictionService::Stub> predictions_;
  std::unique_ptr<v1::RecipeService::Stub> recipe_service_;
  std::unique_ptr<v1::DatasetService::Stub> dataset_service_;
};

TEST_F(ServicesTest, StartTrainingReturnsTheRunWithItsId) {
  v1::Run run;
  const grpc::Status status = training_->StartTraining(&context_, Request(), &run);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(run.id(), "tiny-1");
}

TEST_F(ServicesTest, StartTrainingOfAnUnknownRecipeListsTheKnownOnes) {
  v1::StartTrainingRequest request;
  request.set_recipe_name("s5");
  v1::Run run;
  const grpc::Status status = training_->StartTraining(&context_, request, &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("s4-classic"));
}

TEST_F(ServicesTest, GetRunOfAnUnknownRunIsNotFound) {
  v1::GetRunRequest request;
  request.set_run_id("s4-99");
  v1::Run run;
  EXPECT_EQ(training_->GetRun(&context_, request, &run).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServicesTest, GetRunWithoutAnIdNamesTheField) {
  v1::Run run;
  const grpc::Status status = training_->GetRun(&context_, {}, &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("run_id: expected"));
}

TEST_F(ServicesTest, ListRunsIsNewestFirst) {
  Start();
  Start();
  v1::ListRunsResponse response;
  ASSERT_TRUE(training_->ListRuns(&context_, {}, &response).ok());
  ASSERT_EQ(response.runs_size(), 2);
  EXPECT_EQ(response.runs(0).id(), "tiny-2");
}

TEST_F(ServicesTest, ListRunsRefusesAPageBeyondTheLimit) {
  v1::ListRunsRequest request;
  request.set_page_size(limits_.page_size_max + 1);
  v1::ListRunsResponse response;
  const grpc::Status status = training_->ListRuns(&context_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("page_size: expected 0 to 1000"));
}

TEST_F(ServicesTest, CancelRunOfAnEndedRunIsAFailedPrecondition) {
  v1::CancelRunRequest request;
  request.set_run_id(Start().id());
  request.set_force(true);
  ASSERT_OK(service_->Cancel(request));
  v1::Run run;
  EXPECT_EQ(training_->CancelRun(&context_, request, &run).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(ServicesTest, PredictAnswersWithTheVersion) {
  v1::PredictResponse response;
  const grpc::Status status = PredictOneRow(context_, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.version(), 1);
  EXPECT_EQ(response.outputs(0).name(), "classes");
}

TEST_F(ServicesTest, PredictOfAnUnknownModelIsNotFound) {
  v1::PredictRequest request;
  request.set_model("three");
  v1::PredictResponse response;
  EXPECT_EQ(predictions_->Predict(&context_, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServicesTest, ListModelsHasTheirVersions) {
  v1::ListModelsResponse response;
  ASSERT_TRUE(predictions_->ListModels(&context_, {}, &response).ok());
  ASSERT_EQ(response.models_size(), 1);
  EXPECT_EQ(response.models(0).versions(0).version(), 1);
}

TEST_F(ServicesTest, ListRecipesGoesPageByPageInOrderOfNames) {
  v1::ListRecipesRequest request;
  request.set_page_size(1);
  std::vector<std::string> names;
  do {
    grpc::ClientContext context;
    v1::ListRecipesResponse response;
    ASSERT_TRUE(recipe_service_->ListRecipes(&context, request, &response).ok());
    ASSERT_EQ(response.recipes_size(), 1);
    names.push_back(response.recipes(0).name());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre("backprop", "fashion-mnist", "s4", "s4-classic", "wine"));
}

TEST_F(ServicesTest, ListRecipesRefusesANegativePage) {
  v1::ListRecipesRequest request;
  request.set_page_size(-1);
  v1::ListRecipesResponse response;
  const grpc::Status status = recipe_service_->ListRecipes(&context_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("got -1"));
}

TEST_F(ServicesTest, SummarizeRecipeCountsTheParametersOfS4) {
  v1::SummarizeRecipeRequest request;
  request.set_recipe_name("s4");
  v1::RecipeSummary summary;
  ASSERT_TRUE(recipe_service_->SummarizeRecipe(&context_, request, &summary).ok());
  EXPECT_EQ(summary.parameter_count(), 17'962);
}

TEST_F(ServicesTest, SummarizeRecipeAppliesOverrides) {
  v1::SummarizeRecipeRequest request;
  request.set_recipe_text(this->Request().recipe_text());
  v1::Override& change = *request.add_overrides();
  change.set_path("network.layers[1].linear.out_features");
  change.set_value("3");
  v1::RecipeSummary summary;
  const grpc::Status status = recipe_service_->SummarizeRecipe(&context_, request, &summary);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(summary.parameter_count(), 8 * 8 * 3 + 3);
  EXPECT_EQ(summary.recipe().network().layers(1).linear().out_features(), 3);
}

TEST_F(ServicesTest, SummarizeRecipeNamesLineAndColumnOfAMistake) {
  v1::SummarizeRecipeRequest request;
  request.set_recipe_text("name: \"s4\"\nepochs: 3\n");
  v1::RecipeSummary summary;
  const grpc::Status status = recipe_service_->SummarizeRecipe(&context_, request, &summary);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr(":2:"));
}

TEST_F(ServicesTest, ReadDatasetRowsReturnsImagesAndLabelsInTheOrderAskedFor) {
  v1::ReadDatasetRowsResponse response;
  const grpc::Status status = ReadRows("test", {9, 0, 9}, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(response.images().shape(), ElementsAre(3, 1, 8, 8));
  EXPECT_EQ(response.images().data(), std::string(3 * 64, 'x'));
  EXPECT_THAT(response.labels(), ElementsAre(3, 3, 3));
  EXPECT_EQ(response.split_row_count(), 10);
}

TEST_F(ServicesTest, ReadDatasetRowsPastTheEndIsOutOfRange) {
  v1::ReadDatasetRowsResponse response;
  const grpc::Status status = ReadRows("test", {10}, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(), HasSubstr("rows 0 to 9 of tiny:test, got 10"));
}

TEST_F(ServicesTest, ReadDatasetRowsRefusesTooManyAndNone) {
  v1::ReadDatasetRowsResponse response;
  const grpc::Status status = ReadRows("test", std::vector<int64_t>(257), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("1 to 256 rows, got 257"));
}

TEST_F(ServicesTest, ReadDatasetRowsOfAnUnknownSplitIsNotFound) {
  v1::ReadDatasetRowsResponse response;
  EXPECT_EQ(ReadRows("validation", {0}, response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServicesTest, GetServerInfoTellsTheVersion) {
  v1::ServerInfo info;
  ASSERT_TRUE(v1::ServerService::NewStub(channel_)->GetServerInfo(&context_, {}, &info).ok());
  EXPECT_EQ(info.version(), "1.2.3");
}

TEST_F(ServicesTest, SetLogLevelChangesTheLogAndAnswersTheServersInfo) {
  const auto stub = v1::ServerService::NewStub(channel_);
  v1::SetLogLevelRequest request;
  request.set_level(v1::LOG_LEVEL_WARNING);
  v1::ServerInfo info;
  ASSERT_TRUE(stub->SetLogLevel(&context_, request, &info).ok());
  EXPECT_EQ(info.version(), "1.2.3");
  EXPECT_EQ(info.log_level(), v1::LOG_LEVEL_WARNING);
  EXPECT_EQ(log_.level(), v1::LOG_LEVEL_WARNING);
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetServerInfo(&context, {}, &info).ok());
  EXPECT_EQ(info.log_level(), v1::LOG_LEVEL_WARNING);
}

TEST_F(ServicesTest, SetLogLevelRefusesWhatIsNoLevel) {
  const auto stub = v1::ServerService::NewStub(channel_);
  for (const int level : {0, 17}) {
    grpc::ClientContext context;
    v1::SetLogLevelRequest request;
    request.set_level(static_cast<v1::LogLevel>(level));
    v1::ServerInfo info;
    const grpc::Status status = stub->SetLogLevel(&context, request, &info);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(
        status.error_message(),
        "level: expected LOG_LEVEL_DEBUG, INFO, WARNING or ERROR, got " + std::to_string(level));
  }
  EXPECT_EQ(log_.level(), v1::LOG_LEVEL_INFO);
}

}  // namespace
}  // namespace traind
