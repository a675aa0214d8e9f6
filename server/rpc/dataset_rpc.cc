#include "server/rpc/dataset_rpc.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_description.h"
#include "server/rpc/answer.h"

namespace traind {
namespace {

constexpr int kPageSizeDefault = 100;

absl::Status ValidateRequest(const v1::ReadDatasetRowsRequest& request, const Limits& limits) {
  if (request.dataset().empty()) {
    return absl::InvalidArgumentError("dataset: expected a name such as `mnist`, got none");
  }
  if (request.split().empty()) {
    return absl::InvalidArgumentError("split: expected a name such as `test`, got none");
  }
  const int count = request.row_indexes_size();
  if (count < 1 || count > limits.dataset_rows_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("row_indexes: expected 1 to ", limits.dataset_rows_max, " rows, got ", count));
  }
  return absl::OkStatus();
}

// Rows in the answer of one call may not pass what a message may hold.
absl::Status CheckSize(int64_t bytes, const Limits& limits) {
  if (bytes <= limits.message_bytes_max / 2) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("row_indexes: expected rows of at most ",
                                                 limits.message_bytes_max / 2,
                                                 " bytes in all, got ", bytes, "; ask for fewer"));
}

void FillTensors(const Split& split, v1::ReadDatasetRowsResponse& response) {
  v1::Tensor& images = *response.mutable_images();
  images.set_name("images");
  images.set_data_type(ToDataType(split.shape.element_type));
  images.add_shape(split.shape.row_count);
  for (const int64_t size : split.shape.row_shape) images.add_shape(size);
  images.set_data(split.values.data(), split.values.size());
  response.mutable_labels()->Add(split.labels.begin(), split.labels.end());
  if (split.shape.target_count == 0) return;
  v1::Tensor& targets = *response.mutable_targets();
  targets.set_name("targets");
  targets.set_data_type(v1::DATA_TYPE_FP64);
  targets.add_shape(split.shape.row_count);
  targets.add_shape(split.shape.target_count);
  targets.set_data(split.targets.data(), split.targets.size() * sizeof(double));
}

}  // namespace

grpc::ServerUnaryReactor* DatasetRpc::ReadDatasetRows(grpc::CallbackServerContext* context,
                                                      const v1::ReadDatasetRowsRequest* request,
                                                      v1::ReadDatasetRowsResponse* response) {
  return door_.Serve(context, "DatasetService/ReadDatasetRows",
                     [this, request, response] { return Answer(Read(*request), response); });
}

grpc::ServerUnaryReactor* DatasetRpc::BeginDatasetPush(grpc::CallbackServerContext* context,
                                                       const v1::BeginDatasetPushRequest* request,
                                                       v1::DatasetPush* response) {
  return door_.Serve(context, "DatasetService/BeginDatasetPush", [this, request, response] {
    return Answer(backend_.store.BeginPush(*request), response);
  });
}

grpc::ServerReadReactor<v1::PushDatasetRequest>* DatasetRpc::PushDataset(
    grpc::CallbackServerContext* context, v1::Dataset* response) {
  return DatasetPush::Start(*context, backend_.store, door_, pools_, *response);
}

grpc::ServerUnaryReactor* DatasetRpc::ListDatasets(grpc::CallbackServerContext* context,
                                                   const v1::ListDatasetsRequest* request,
                                                   v1::ListDatasetsResponse* response) {
  return door_.Serve(context, "DatasetService/ListDatasets",
                     [this, request, response] { return Answer(List(*request), response); });
}

grpc::ServerUnaryReactor* DatasetRpc::GetDataset(grpc::CallbackServerContext* context,
                                                 const v1::GetDatasetRequest* request,
                                                 v1::Dataset* response) {
  return door_.Serve(context, "DatasetService/GetDataset", [this, request, response] {
    return Answer(backend_.datasets.Describe(request->name()), response);
  });
}

grpc::ServerUnaryReactor* DatasetRpc::DeleteDataset(grpc::CallbackServerContext* context,
                                                    const v1::DeleteDatasetRequest* request,
                                                    v1::DeleteDatasetResponse* response) {
  return door_.Serve(context, "DatasetService/DeleteDataset", [this, request, response] {
    return Answer(Delete(request->name()), response);
  });
}

absl::StatusOr<v1::ReadDatasetRowsResponse> DatasetRpc::Read(
    const v1::ReadDatasetRowsRequest& request) const {
  RETURN_IF_ERROR(ValidateRequest(request, limits_));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, backend_.datasets.Describe(request.dataset()));
  ASSIGN_OR_RETURN(const v1::DatasetSplit described, FindSplit(dataset, request.split()));
  const SplitShape shape = ShapeOf(described);
  RETURN_IF_ERROR(CheckSize(
      request.row_indexes_size() * shape.row_values() * ElementBytes(shape.element_type), limits_));
  ASSIGN_OR_RETURN(const Split split, backend_.datasets.ReadRows(request.dataset(), request.split(),
                                                                 request.row_indexes()));
  v1::ReadDatasetRowsResponse response;
  response.set_split_row_count(shape.row_count);
  FillTensors(split, response);
  *response.mutable_class_names() = dataset.class_names();
  *response.mutable_feature_names() = dataset.feature_names();
  return response;
}

absl::StatusOr<v1::ListDatasetsResponse> DatasetRpc::List(
    const v1::ListDatasetsRequest& request) const {
  if (request.page_size() < 0 || request.page_size() > limits_.page_size_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "page_size: expected 0 to ", limits_.page_size_max, ", got ", request.page_size()));
  }
  const int page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  const std::vector<std::string> names = backend_.datasets.List();
  v1::ListDatasetsResponse response;
  // The token is the last name of the page before, so a page starts right after it.
  auto next = std::upper_bound(names.begin(), names.end(), request.page_token());
  for (; next != names.end() && response.datasets_size() < page_size; ++next) {
    absl::StatusOr<v1::Dataset> dataset = backend_.datasets.Describe(*next);
    v1::Dataset& listed = *response.add_datasets();
    if (dataset.ok()) listed = *std::move(dataset);
    listed.set_name(*next);
  }
  if (next != names.end()) {
    response.set_next_page_token(response.datasets(page_size - 1).name());
  }
  return response;
}

absl::StatusOr<v1::DeleteDatasetResponse> DatasetRpc::Delete(const std::string& name) const {
  const std::optional<std::string> user = backend_.runs.FindUserOf(name);
  if (user.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("dataset ", name, " is needed by the run ", *user,
                     ", which has not ended; cancel it first, or wait for it"));
  }
  v1::DeleteDatasetResponse response;
  ASSIGN_OR_RETURN(const int64_t freed, backend_.store.Delete(name));
  response.set_freed_bytes(freed);
  return response;
}

}  // namespace traind
