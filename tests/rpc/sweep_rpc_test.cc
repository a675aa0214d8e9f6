// SweepService through a real client.

#include <string>

#include "tests/rpc/rpc_fixture.h"
#include "traind/v1/sweep_service.grpc.pb.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

class SweepRpcTest : public RpcFixture {
 protected:
  SweepRpcTest() {
    Serve();
    stub_ = v1::SweepService::NewStub(channel_);
  }

  grpc::Status Create(v1::Sweep& sweep) {
    grpc::ClientContext context;
    v1::CreateSweepRequest request;
    request.set_recipe_text(Request().recipe_text());
    v1::GridParameter& parameter = *request.mutable_search()->add_grid();
    parameter.set_path("seed");
    parameter.add_values("1");
    parameter.add_values("2");
    return stub_->CreateSweep(&context, request, &sweep);
  }

  std::unique_ptr<v1::SweepService::Stub> stub_;
};

TEST_F(SweepRpcTest, CreatesShowsListsCancelsResumesAndDeletes) {
  v1::Sweep sweep;
  ASSERT_TRUE(Create(sweep).ok());
  EXPECT_EQ(sweep.id(), "tiny-sweep-1");
  EXPECT_EQ(sweep.points_size(), 2);

  grpc::ClientContext get_context;
  v1::GetSweepRequest get;
  get.set_sweep_id(sweep.id());
  ASSERT_TRUE(stub_->GetSweep(&get_context, get, &sweep).ok());
  EXPECT_EQ(sweep.point_count(), 2);

  grpc::ClientContext list_context;
  v1::ListSweepsResponse list;
  ASSERT_TRUE(stub_->ListSweeps(&list_context, {}, &list).ok());
  EXPECT_EQ(list.sweeps_size(), 1);

  grpc::ClientContext cancel_context;
  v1::CancelSweepRequest cancel;
  cancel.set_sweep_id(sweep.id());
  ASSERT_TRUE(stub_->CancelSweep(&cancel_context, cancel, &sweep).ok());
  EXPECT_EQ(sweep.state(), v1::SWEEP_STATE_CANCELLED);

  grpc::ClientContext resume_context;
  v1::ResumeSweepRequest resume;
  resume.set_sweep_id(sweep.id());
  ASSERT_TRUE(stub_->ResumeSweep(&resume_context, resume, &sweep).ok());
  EXPECT_EQ(sweep.state(), v1::SWEEP_STATE_RUNNING);

  grpc::ClientContext delete_context;
  v1::DeleteSweepRequest remove;
  remove.set_sweep_id(sweep.id());
  v1::DeleteSweepResponse deleted;
  EXPECT_EQ(stub_->DeleteSweep(&delete_context, remove, &deleted).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(SweepRpcTest, ACallWithoutASweepSaysWhatIsMissing) {
  grpc::ClientContext context;
  v1::Sweep sweep;
  const grpc::Status status = stub_->GetSweep(&context, {}, &sweep);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("sweep_id: expected the id of a sweep"));
}

}  // namespace
}  // namespace traind
