#include "bench/predict/load_tally.h"

#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <limits>

#include "inference/grpc_service.pb.h"

namespace traind {
namespace {

constexpr int64_t kEver = std::numeric_limits<int64_t>::max();

grpc::ByteBuffer AnswerOfVersion(const char* version) {
  inference::ModelInferResponse response;
  response.set_model_version(version);
  response.add_outputs()->set_name("logits");
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

LoadResult ResultOf(const LoadTally& tally) {
  LoadResult result;
  tally.AddTo(result);
  return result;
}

TEST(LoadTally, CountsAnswersByVersionAndRefusalsByCode) {
  LoadTally tally(InferProtocol::kOip, 0, kEver);
  for (const char* version : {"1", "2", "2"}) {
    grpc::ByteBuffer answer = AnswerOfVersion(version);
    tally.Count(NowNanoseconds(), grpc::Status::OK, answer);
  }
  grpc::ByteBuffer nothing;
  tally.Count(NowNanoseconds(), {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"}, nothing);
  const LoadResult result = ResultOf(tally);
  EXPECT_EQ(result.codes, (std::map<std::string, int64_t>{{"OK", 3}, {"RESOURCE_EXHAUSTED", 1}}));
  EXPECT_EQ(result.versions, (std::map<std::string, int64_t>{{"1", 1}, {"2", 2}}));
  EXPECT_EQ(result.answered.count(), 3);
  EXPECT_EQ(result.refused.count(), 1);
  EXPECT_EQ(result.first_error, "RESOURCE_EXHAUSTED: full");
}

TEST(LoadTally, AnOkWithoutAnAnswerIsAnError) {
  LoadTally tally(InferProtocol::kOip, 0, kEver);
  grpc::ByteBuffer nothing;
  tally.Count(NowNanoseconds(), grpc::Status::OK, nothing);
  EXPECT_EQ(ResultOf(tally).codes, (std::map<std::string, int64_t>{{"NO_ANSWER", 1}}));
}

TEST(LoadTally, LatencyIsFromWhenTheCallWasDue) {
  LoadTally tally(InferProtocol::kOip, 0, kEver);
  grpc::ByteBuffer answer = AnswerOfVersion("1");
  constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;
  tally.Count(NowNanoseconds() - kHour, grpc::Status::OK, answer);
  tally.CountSent(NowNanoseconds() - kHour, true);
  EXPECT_GE(ResultOf(tally).answered.max(), kHour);
  EXPECT_GE(ResultOf(tally).lateness.max(), kHour);
}

TEST(LoadTally, WhatWasDueBeforeOrAfterDoesNotCount) {
  const int64_t now = NowNanoseconds();
  LoadTally tally(InferProtocol::kOip, now - 20, now - 10);
  for (const int64_t due : {now - 21, now - 10}) {
    grpc::ByteBuffer answer = AnswerOfVersion("1");
    tally.Count(due, grpc::Status::OK, answer);
    tally.CountSent(due, false);
  }
  EXPECT_TRUE(ResultOf(tally).codes.empty());
  EXPECT_EQ(ResultOf(tally).answers_per_second, 0);
}

TEST(LoadTally, WhatWasNotSentIsToldAndHasNoLatency) {
  LoadTally tally(InferProtocol::kOip, 0, kEver);
  tally.CountSent(NowNanoseconds(), false);
  EXPECT_EQ(ResultOf(tally).codes, (std::map<std::string, int64_t>{{"NOT_SENT", 1}}));
  EXPECT_EQ(ResultOf(tally).answered.count(), 0);
}

}  // namespace
}  // namespace traind
