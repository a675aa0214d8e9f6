#include "server/torch/checkpoint/training_record.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "server/base/sha256.h"

namespace traind {
namespace {

using RecordJson = nlohmann::ordered_json;

constexpr int kRecordFormatVersion = 1;

absl::Status DamagedRecord(absl::string_view what) {
  return absl::DataLossError(absl::StrCat(kTrainingRecordFileName, " is damaged: ", what));
}

RecordJson ToJson(const std::vector<KeptCheckpoint>& kept) {
  RecordJson json = RecordJson::array();
  for (const KeptCheckpoint& checkpoint : kept) {
    RecordJson& entry = json.emplace_back(RecordJson{{"step", checkpoint.step}});
    if (checkpoint.score) entry["score"] = *checkpoint.score;
  }
  return json;
}

RecordJson ToJson(const std::vector<CheckpointManifest::File>& files) {
  RecordJson json = RecordJson::array();
  for (const CheckpointManifest::File& file : files) {
    json.push_back({{"name", file.name}, {"size_bytes", file.size_bytes}, {"sha256", file.sha256}});
  }
  return json;
}

RecordJson ToJson(const TrainingBasis& basis) {
  return {{"recipe_sha256", basis.recipe_sha256},
          {"device", basis.device},
          {"precision", basis.precision},
          {"thread_count", basis.thread_count},
          {"torch_version", basis.torch_version},
          {"cpu_capability", basis.cpu_capability},
          {"step", basis.step}};
}

TrainingBasis ToBasis(const RecordJson& json) {
  TrainingBasis basis;
  basis.recipe_sha256 = json.at("recipe_sha256");
  basis.device = json.at("device");
  basis.precision = json.at("precision");
  basis.thread_count = json.at("thread_count");
  basis.torch_version = json.at("torch_version");
  basis.cpu_capability = json.at("cpu_capability");
  basis.step = json.value("step", basis.step);  // records of older builds have none
  return basis;
}

absl::Status Differs(absl::string_view what, absl::string_view was, absl::string_view is) {
  return absl::FailedPreconditionError(
      absl::StrCat("the training cannot go on bit for bit: expected ", what, " ", was, ", got ", is,
                   "; give it what it had, or allow other bits (execution.allow_inexact_resume)"));
}

}  // namespace

absl::Status CheckSameBasis(const TrainingBasis& was, const TrainingBasis& is) {
  if (was.recipe_sha256 != is.recipe_sha256) {
    return Differs("recipe", was.recipe_sha256, is.recipe_sha256);
  }
  if (was.device != is.device) return Differs("device", was.device, is.device);
  if (was.precision != is.precision) return Differs("precision", was.precision, is.precision);
  if (was.thread_count != is.thread_count) {
    return Differs("thread_count", absl::StrCat(was.thread_count), absl::StrCat(is.thread_count));
  }
  if (was.torch_version != is.torch_version) {
    return Differs("LibTorch", was.torch_version, is.torch_version);
  }
  if (was.cpu_capability != is.cpu_capability) {
    return Differs("CPU capability", was.cpu_capability, is.cpu_capability);
  }
  if (was.step != is.step) return Differs("step", was.step, is.step);
  return absl::OkStatus();
}

std::string WriteTrainingRecord(const TrainingRecord& record) {
  RecordJson json = {{"format_version", kRecordFormatVersion},
                     {"epoch", record.epoch},
                     {"step", record.step},
                     {"step_in_epoch", record.step_in_epoch},
                     {"epoch_finished", record.epoch_finished},
                     {"epoch_seconds", record.epoch_seconds},
                     {"data_wait_seconds", record.data_wait_seconds},
                     {"kept", ToJson(record.kept)},
                     {"basis", ToJson(record.basis)},
                     {"files", ToJson(record.files)}};
  json["sha256"] = Sha256Hex(json.dump());
  return json.dump(2) + "\n";
}

absl::StatusOr<TrainingRecord> ReadTrainingRecord(absl::string_view text) {
  RecordJson json =
      RecordJson::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return DamagedRecord("expected a JSON object");
  try {
    if (const int version = json.at("format_version"); version != kRecordFormatVersion) {
      return absl::FailedPreconditionError(absl::StrCat(
          kTrainingRecordFileName, " has format version ", version, "; this build reads ",
          kRecordFormatVersion, "; use the build that wrote it"));
    }
    const std::string sha256 = json.at("sha256");
    json.erase("sha256");
    if (Sha256Hex(json.dump()) != sha256)
      return DamagedRecord("its content does not fit its digest");
    TrainingRecord record;
    record.epoch = json.at("epoch");
    record.step = json.at("step");
    record.step_in_epoch = json.at("step_in_epoch");
    record.epoch_finished = json.at("epoch_finished");
    record.epoch_seconds = json.at("epoch_seconds");
    record.data_wait_seconds = json.at("data_wait_seconds");
    for (const RecordJson& entry : json.at("kept")) {
      KeptCheckpoint& kept = record.kept.emplace_back();
      kept.step = entry.at("step");
      if (entry.contains("score")) kept.score = entry.at("score").get<double>();
    }
    record.basis = ToBasis(json.at("basis"));
    for (const RecordJson& file : json.at("files")) {
      record.files.push_back({file.at("name"), file.at("size_bytes"), file.at("sha256")});
    }
    return record;
  } catch (const nlohmann::json::exception& error) {
    return DamagedRecord(error.what());
  }
}

}  // namespace traind
