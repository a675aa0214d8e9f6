#include "server/rpc/dataset_rpc.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/rpc/answer.h"

namespace traind {
namespace {

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

}  // namespace

grpc::ServerUnaryReactor* DatasetRpc::ReadDatasetRows(grpc::CallbackServerContext* context,
                                                      const v1::ReadDatasetRowsRequest* request,
                                                      v1::ReadDatasetRowsResponse* response) {
  return door_.Serve(context, "DatasetService/ReadDatasetRows",
                     [this, request, response] { return Answer(Read(*request), response); });
}

absl::StatusOr<v1::ReadDatasetRowsResponse> DatasetRpc::Read(
    const v1::ReadDatasetRowsRequest& request) const {
  RETURN_IF_ERROR(ValidateRequest(request, limits_));
  ASSIGN_OR_RETURN(const Split split, datasets_.ReadSplit(request.dataset(), request.split()));

  v1::ReadDatasetRowsResponse response;
  response.set_split_row_count(split.shape.row_count);
  v1::Tensor& images = *response.mutable_images();
  images.set_name("images");
  images.set_data_type(v1::DATA_TYPE_UINT8);
  images.add_shape(request.row_indexes_size());
  for (const int64_t size : split.shape.row_shape) images.add_shape(size);
  for (const int64_t row : request.row_indexes()) {
    if (row < 0 || row >= split.shape.row_count) {
      return absl::OutOfRangeError(
          absl::StrCat("row_indexes: expected rows 0 to ", split.shape.row_count - 1, " of ",
                       request.dataset(), ":", request.split(), ", got ", row));
    }
    const auto pixels = split.row(row);
    images.mutable_data()->append(pixels.begin(), pixels.end());
    response.add_labels(split.labels[row]);
  }
  return response;
}

}  // namespace traind
