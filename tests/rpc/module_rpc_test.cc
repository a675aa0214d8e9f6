// Modules through a real client.

#include <string>

#include "server/modules/module_files.h"
#include "tests/rpc/rpc_fixture.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

class ModuleRpcTest : public RpcFixture {
 protected:
  ModuleRpcTest() {
    Serve();
    service_ = v1::ModuleService::NewStub(channel_);
  }

  // Sends a header with the first of the pieces.
  grpc::Status Push(const std::string& name, const std::vector<std::string>& pieces,
                    v1::Module& module) {
    const auto stream = service_->PushModule(&context_, &module);
    v1::PushModuleRequest request;
    request.mutable_header()->set_name(name);
    for (const std::string& piece : pieces) {
      request.set_data(piece);
      if (!stream->Write(request)) break;
      request.clear_header();
    }
    stream->WritesDone();
    return stream->Finish();
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::ModuleService::Stub> service_;
};

TEST_F(ModuleRpcTest, PiecesArriveInOrderAndBecomeAModule) {
  v1::Module module;
  const grpc::Status status = Push("mine", {"one", "two", "three"}, module);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(module_store_.bytes(), "onetwothree");
  EXPECT_EQ(module.name(), "mine");
}

TEST_F(ModuleRpcTest, AModuleThatIsThereIsAnsweredWithoutItsBytes) {
  v1::Module module;
  const grpc::Status status = Push("known", {""}, module);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(module.name(), "known");
  EXPECT_EQ(module_store_.bytes(), "");
}

TEST_F(ModuleRpcTest, APushWithoutAHeaderIsRefused) {
  for (const std::vector<std::string>& pieces : {std::vector<std::string>{}, {"one"}}) {
    grpc::ClientContext context;
    v1::Module module;
    const auto stream = service_->PushModule(&context, &module);
    v1::PushModuleRequest request;
    for (const std::string& piece : pieces) {
      request.set_data(piece);
      stream->Write(request);
    }
    stream->WritesDone();
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("header"));
  }
}

TEST_F(ModuleRpcTest, ListsComeInPages) {
  for (const char* name : {"b", "a", "c"}) {
    WriteFile(modules_.Folder(name) + "/" + kModuleDescriptionFile, "");
  }
  v1::ListModulesRequest request;
  request.set_page_size(2);
  v1::ListModulesResponse response;
  ASSERT_TRUE(service_->ListModules(&context_, request, &response).ok());
  ASSERT_EQ(response.modules_size(), 2);
  EXPECT_EQ(response.modules(1).name(), "b");
  request.set_page_token(response.next_page_token());
  grpc::ClientContext context;
  ASSERT_TRUE(service_->ListModules(&context, request, &response).ok());
  ASSERT_EQ(response.modules_size(), 1);
  EXPECT_EQ(response.modules(0).name(), "c");
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(ModuleRpcTest, AVersionIsPublishedOfTheModule) {
  v1::PublishModuleRequest request;
  request.set_module("mine");
  request.set_model("digits");
  v1::ModelVersion version;
  ASSERT_TRUE(service_->PublishModule(&context_, request, &version).ok());
  EXPECT_EQ(version.model(), "digits");
}

TEST_F(ModuleRpcTest, DeletingTellsWhatIsFreed) {
  v1::DeleteModuleRequest request;
  request.set_name("mine");
  v1::DeleteModuleResponse response;
  ASSERT_TRUE(service_->DeleteModule(&context_, request, &response).ok());
  EXPECT_EQ(response.freed_bytes(), 4096);
}

}  // namespace
}  // namespace traind
