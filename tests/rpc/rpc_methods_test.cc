#include "server/rpc/rpc_methods.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;

auto Is(const char* type, const char* service, const char* method) {
  return AllOf(Field(&RpcMethod::type, type), Field(&RpcMethod::service, service),
               Field(&RpcMethod::method, method));
}

TEST(RpcMethodsTest, HasTheMethodsOfEveryServiceWithTheirType) {
  const std::vector<RpcMethod> methods = ListRpcMethods();
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.TrainingService", "StartTraining")));
  EXPECT_THAT(methods, Contains(Is("server_stream", "traind.v1.TrainingService", "StreamMetrics")));
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.PredictionService", "Predict")));
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.ModelService", "SetModelAlias")));
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.RecipeService", "SummarizeRecipe")));
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.DatasetService", "ReadDatasetRows")));
  EXPECT_THAT(methods, Contains(Is("client_stream", "traind.v1.DatasetService", "PushDataset")));
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.ExportService", "ReadTrace")));
  EXPECT_THAT(methods, Contains(Is("client_stream", "traind.v1.ModuleService", "PushModule")));
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.ServerService", "SetLogLevel")));
  EXPECT_THAT(methods, Contains(Is("unary", "traind.v1.SweepService", "CreateSweep")));
  EXPECT_THAT(methods, Contains(Is("unary", "inference.GRPCInferenceService", "ModelInfer")));
  EXPECT_THAT(methods,
              Contains(Is("bidi_stream", "inference.GRPCInferenceService", "ModelStreamInfer")));
}

}  // namespace
}  // namespace traind
