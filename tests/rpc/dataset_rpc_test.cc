// Datasets through a real client: pushes, lists and deletions.

#include <string>

#include "tests/rpc/rpc_fixture.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DatasetRpcTest : public RpcFixture {
 protected:
  DatasetRpcTest() {
    Serve();
    datasets_service_ = v1::DatasetService::NewStub(channel_);
  }

  // Sends these pieces, one after another.
  grpc::Status Push(const std::vector<std::string>& pieces, v1::Dataset& dataset) {
    const auto stream = datasets_service_->PushDataset(&context_, &dataset);
    v1::PushDatasetRequest request;
    request.set_push_id("the-push");
    for (const std::string& piece : pieces) {
      request.set_data(piece);
      if (!stream->Write(request)) break;
      request.set_offset(request.offset() + static_cast<int64_t>(piece.size()));
      request.clear_push_id();  // it is needed once
    }
    stream->WritesDone();
    return stream->Finish();
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::DatasetService::Stub> datasets_service_;
};

TEST_F(DatasetRpcTest, PiecesArriveInOrderAndBecomeADataset) {
  v1::Dataset dataset;
  const grpc::Status status = Push({"one", "two", "three"}, dataset);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(dataset_store_.bytes(), "onetwothree");
  EXPECT_EQ(dataset.name(), "the-push");
  EXPECT_THAT(calls_.ended(), ElementsAre("DatasetService/PushDataset OK"));
}

TEST_F(DatasetRpcTest, AStreamWithoutAPushIsRefused) {
  v1::Dataset dataset;
  const grpc::Status status = Push({}, dataset);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("push_id"));
}

TEST_F(DatasetRpcTest, WhatIsWrongWithTheFilesIsTheCallsStatus) {
  dataset_store_.FailWith(absl::InvalidArgumentError("a.csv: line 2: expected a number"));
  v1::Dataset dataset;
  const grpc::Status status = Push({"one"}, dataset);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "a.csv: line 2: expected a number");
}

TEST_F(DatasetRpcTest, APieceInAnotherPlaceEndsTheStream) {
  v1::Dataset dataset;
  const auto stream = datasets_service_->PushDataset(&context_, &dataset);
  v1::PushDatasetRequest request;
  request.set_push_id("the-push");
  request.set_offset(5);
  request.set_data("x");
  stream->Write(request);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::ABORTED);
  EXPECT_THAT(dataset_store_.bytes(), IsEmpty());
}

TEST_F(DatasetRpcTest, ListAndGetDescribeWhatIsInTheFolder) {
  v1::ListDatasetsResponse list;
  ASSERT_TRUE(datasets_service_->ListDatasets(&context_, {}, &list).ok());
  EXPECT_THAT(list.datasets(),
              Contains(testing::Property(&v1::Dataset::name, testing::Eq("tiny"))));
  v1::GetDatasetRequest request;
  request.set_name("tiny");
  v1::Dataset tiny;
  grpc::ClientContext context;
  ASSERT_TRUE(datasets_service_->GetDataset(&context, request, &tiny).ok());
  ASSERT_EQ(tiny.splits_size(), 2);
  EXPECT_EQ(tiny.splits(1).name(), "train");
  EXPECT_EQ(tiny.splits(1).row_count(), 20);
  EXPECT_EQ(tiny.splits(1).class_row_counts(3), 20);
}

TEST_F(DatasetRpcTest, ADatasetThatARunNeedsIsNotDeleted) {
  Start();
  v1::DeleteDatasetRequest request;
  request.set_name("tiny");
  v1::DeleteDatasetResponse response;
  const grpc::Status status = datasets_service_->DeleteDataset(&context_, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("needed by the run tiny-1"));
  EXPECT_THAT(dataset_store_.deleted(), IsEmpty());
}

TEST_F(DatasetRpcTest, ADatasetThatNobodyNeedsIsDeleted) {
  v1::DeleteDatasetRequest request;
  request.set_name("tiny");
  v1::DeleteDatasetResponse response;
  ASSERT_TRUE(datasets_service_->DeleteDataset(&context_, request, &response).ok());
  EXPECT_EQ(response.freed_bytes(), 4096);
  EXPECT_THAT(dataset_store_.deleted(), ElementsAre("tiny"));
}

}  // namespace
}  // namespace traind
