// ModelService through a real client.

#include <string>

#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ModelRpcTest : public RpcFixture {
 protected:
  ModelRpcTest() {
    Serve();
    stub_ = v1::ModelService::NewStub(channel_);
  }

  grpc::Status SetAlias(const std::string& alias, int64_t version) {
    grpc::ClientContext context;
    v1::SetModelAliasRequest request;
    request.set_model("two");
    request.set_alias(alias);
    request.set_version(version);
    return stub_->SetModelAlias(&context, request, &model_);
  }
  grpc::Status DeleteVersion(int64_t version) {
    grpc::ClientContext context;
    v1::DeleteModelVersionRequest request;
    request.set_model("two");
    request.set_version(version);
    return stub_->DeleteModelVersion(&context, request, &model_);
  }

  std::unique_ptr<v1::ModelService::Stub> stub_;
  v1::Model model_;
};

TEST_F(ModelRpcTest, GetModelHasVersionsAndAliases) {
  ASSERT_TRUE(SetAlias("production", 1).ok());
  grpc::ClientContext context;
  v1::GetModelRequest request;
  request.set_model("two");
  v1::Model model;
  ASSERT_TRUE(stub_->GetModel(&context, request, &model).ok());
  EXPECT_EQ(model.name(), "two");
  EXPECT_EQ(model.aliases(0).name(), "production");
  EXPECT_THAT(model.versions(0).aliases(), ElementsAre("production"));
}

TEST_F(ModelRpcTest, GetModelOfAnUnknownModelIsNotFound) {
  grpc::ClientContext context;
  v1::GetModelRequest request;
  request.set_model("three");
  EXPECT_EQ(stub_->GetModel(&context, request, &model_).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ModelRpcTest, SetModelAliasRefusesANumberAsItsName) {
  const grpc::Status status = SetAlias("17", 1);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("got \"17\""));
}

TEST_F(ModelRpcTest, SetModelAliasToAnUnknownVersionIsNotFound) {
  EXPECT_EQ(SetAlias("production", 9).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ModelRpcTest, DeleteModelAliasAnswersTheModelWithoutIt) {
  ASSERT_TRUE(SetAlias("production", 1).ok());
  grpc::ClientContext context;
  v1::DeleteModelAliasRequest request;
  request.set_model("two");
  request.set_alias("production");
  ASSERT_TRUE(stub_->DeleteModelAlias(&context, request, &model_).ok());
  EXPECT_EQ(model_.aliases_size(), 0);
}

TEST_F(ModelRpcTest, RollbackModelAliasWithoutAVersionBeforeIsAFailedPrecondition) {
  ASSERT_TRUE(SetAlias("production", 1).ok());
  grpc::ClientContext context;
  v1::RollbackModelAliasRequest request;
  request.set_model("two");
  request.set_alias("production");
  const grpc::Status status = stub_->RollbackModelAlias(&context, request, &model_);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("stays at version 1"));
}

TEST_F(ModelRpcTest, DeleteModelVersionRefusesWhatAnAliasPointsToAndCounts) {
  ASSERT_TRUE(SetAlias("production", 1).ok());
  const grpc::Status status = DeleteVersion(1);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("production points to"));
  EXPECT_THAT(calls_.ended(), Contains("ModelService/DeleteModelVersion FAILED_PRECONDITION"));
}

TEST_F(ModelRpcTest, SetCanaryShareNeedsACanary) {
  grpc::ClientContext refused;
  v1::SetCanaryShareRequest request;
  request.set_model("two");
  request.set_percent(5);
  EXPECT_EQ(stub_->SetCanaryShare(&refused, request, &model_).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  ASSERT_TRUE(SetAlias("canary", 1).ok());
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->SetCanaryShare(&context, request, &model_).ok());
  EXPECT_EQ(model_.canary_percent(), 5);
}

TEST_F(ModelRpcTest, UnloadModelOfAnUnknownModelIsNotFound) {
  grpc::ClientContext context;
  v1::UnloadModelRequest request;
  request.set_model("three");
  v1::UnloadModelResponse response;
  EXPECT_EQ(stub_->UnloadModel(&context, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace traind
