#include "server/torch/checkpoint/manifest.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "server/base/sha256.h"

namespace traind {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int kManifestFormatVersion = 1;

absl::Status DamagedManifest(absl::string_view what) {
  return absl::DataLossError(absl::StrCat(kManifestFileName, " is damaged: ", what));
}

// JSON has no NaN: it is written as null.
double ReadLoss(const OrderedJson& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

}  // namespace

CheckpointManifest::File DescribeFile(absl::string_view name, absl::string_view bytes) {
  return {std::string(name), static_cast<int64_t>(bytes.size()), Sha256Hex(bytes)};
}

std::string WriteManifest(const CheckpointManifest& manifest) {
  const v1::EpochFinished& metrics = manifest.metrics;
  OrderedJson files = OrderedJson::array();
  for (const CheckpointManifest::File& file : manifest.files) {
    files.push_back(
        {{"name", file.name}, {"size_bytes", file.size_bytes}, {"sha256", file.sha256}});
  }
  const OrderedJson json = {{"format_version", kManifestFormatVersion},
                            {"epoch", metrics.epoch()},
                            {"step", metrics.step()},
                            {"metrics",
                             {{"train_loss", metrics.train_loss()},
                              {"train_correct_count", metrics.train_correct_count()},
                              {"train_sample_count", metrics.train_sample_count()},
                              {"eval_loss", metrics.eval_loss()},
                              {"eval_correct_count", metrics.eval_correct_count()},
                              {"eval_sample_count", metrics.eval_sample_count()}}},
                            {"files", files}};
  return json.dump(2) + "\n";
}

absl::StatusOr<CheckpointManifest> ReadManifest(absl::string_view text) {
  const OrderedJson json = OrderedJson::parse(text.begin(), text.end(), nullptr,
                                              /*allow_exceptions=*/false);
  if (!json.is_object()) return DamagedManifest("expected a JSON object");
  try {
    if (const int version = json.at("format_version"); version != kManifestFormatVersion) {
      return absl::FailedPreconditionError(
          absl::StrCat(kManifestFileName, " has format version ", version, "; this build reads ",
                       kManifestFormatVersion, "; use the build that wrote it"));
    }
    CheckpointManifest manifest;
    v1::EpochFinished& metrics = manifest.metrics;
    metrics.set_epoch(json.at("epoch"));
    metrics.set_step(json.at("step"));
    const OrderedJson& figures = json.at("metrics");
    metrics.set_train_loss(ReadLoss(figures.at("train_loss")));
    metrics.set_train_correct_count(figures.at("train_correct_count"));
    metrics.set_train_sample_count(figures.at("train_sample_count"));
    metrics.set_eval_loss(ReadLoss(figures.at("eval_loss")));
    metrics.set_eval_correct_count(figures.at("eval_correct_count"));
    metrics.set_eval_sample_count(figures.at("eval_sample_count"));
    for (const OrderedJson& file : json.at("files")) {
      manifest.files.push_back({file.at("name"), file.at("size_bytes"), file.at("sha256")});
    }
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    return DamagedManifest(error.what());
  }
}

absl::Status CheckFile(const CheckpointManifest::File& file, absl::string_view bytes) {
  if (file.size_bytes != static_cast<int64_t>(bytes.size())) {
    return absl::DataLossError(absl::StrCat(file.name, ": expected ", file.size_bytes,
                                            " bytes by its manifest, got ", bytes.size()));
  }
  if (const std::string sha256 = Sha256Hex(bytes); sha256 != file.sha256) {
    return absl::DataLossError(absl::StrCat(file.name, ": expected SHA-256 ", file.sha256,
                                            " by its manifest, got ", sha256));
  }
  return absl::OkStatus();
}

absl::Status VerifyFile(const CheckpointManifest& manifest, absl::string_view name,
                        absl::string_view bytes) {
  for (const CheckpointManifest::File& file : manifest.files) {
    if (file.name == name) return CheckFile(file, bytes);
  }
  return absl::DataLossError(absl::StrCat(kManifestFileName, " does not list ", name));
}

}  // namespace traind
