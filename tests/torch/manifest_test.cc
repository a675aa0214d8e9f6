#include "server/torch/checkpoint/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "server/base/sha256.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

CheckpointManifest SampleManifest() {
  CheckpointManifest manifest;
  manifest.files.push_back(DescribeFile("model.safetensors", "weights"));
  manifest.metrics.set_epoch(3);
  manifest.metrics.set_step(2814);
  manifest.metrics.set_train_loss(0.25);
  manifest.metrics.set_eval_loss(0.125);
  manifest.metrics.set_eval_correct_count(9940);
  manifest.metrics.set_eval_sample_count(10000);
  return manifest;
}

TEST(Sha256, MatchesTheStandardsTestVectors) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Manifest, ReadsBackWhatItWrote) {
  const auto manifest = ReadManifest(WriteManifest(SampleManifest()));

  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->metrics.epoch(), 3);
  EXPECT_EQ(manifest->metrics.step(), 2814);
  EXPECT_EQ(manifest->metrics.train_loss(), 0.25);
  EXPECT_EQ(manifest->metrics.eval_loss(), 0.125);
  EXPECT_EQ(manifest->metrics.eval_correct_count(), 9940);
  EXPECT_EQ(manifest->metrics.eval_sample_count(), 10000);
  ASSERT_EQ(manifest->files.size(), 1u);
  EXPECT_EQ(manifest->files[0].name, "model.safetensors");
  EXPECT_EQ(manifest->files[0].size_bytes, 7);
}

TEST(Manifest, KeepsALossThatIsNotANumber) {
  CheckpointManifest sample = SampleManifest();
  sample.metrics.set_eval_loss(std::numeric_limits<double>::quiet_NaN());

  const auto manifest = ReadManifest(WriteManifest(sample));

  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_TRUE(std::isnan(manifest->metrics.eval_loss()));
}

TEST(Manifest, VouchesForTheFileItDescribes) {
  EXPECT_TRUE(VerifyFile(SampleManifest(), "model.safetensors", "weights").ok());
}

TEST(Manifest, NoticesAChangedByte) {
  const absl::Status status = VerifyFile(SampleManifest(), "model.safetensors", "Weights");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("model.safetensors: expected SHA-256"));
}

TEST(Manifest, NoticesATruncatedFile) {
  const absl::Status status = VerifyFile(SampleManifest(), "model.safetensors", "weigh");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected 7 bytes by its manifest, got 5"));
}

TEST(Manifest, DoesNotVouchForAFileThatItDoesNotList) {
  const absl::Status status = VerifyFile(SampleManifest(), "optimizer.safetensors", "");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("does not list optimizer.safetensors"));
}

TEST(Manifest, RefusesANewerFormatVersion) {
  const auto manifest = ReadManifest(R"({"format_version": 2})");
  EXPECT_EQ(manifest.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(manifest.status().message()),
              HasSubstr("has format version 2; this build reads 1"));
}

TEST(Manifest, RefusesTextThatIsNoManifest) {
  for (const char* text : {"", "[]", "{\"format_version\": 1", "{}", R"({"format_version": "x"})",
                           R"({"format_version": 1, "epoch": 1, "step": 1})"}) {
    EXPECT_EQ(ReadManifest(text).status().code(), absl::StatusCode::kDataLoss) << text;
  }
}

}  // namespace
}  // namespace traind
