#include "client/trainctl/predict_images.h"

#include <bit>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/file_text.h"
#include "client/trainctl/png_decoder.h"

namespace traind {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are sent as they lie in memory");

constexpr int kImageBytesMax = 64 << 20;

std::string SizeText(int64_t width, int64_t height) { return absl::StrCat(width, "x", height); }

absl::Status CheckRows(const v1::ReadDatasetRowsResponse& rows, int64_t row_count,
                       const ImageShape& shape) {
  const v1::Tensor& images = rows.images();
  const std::vector<int64_t> expected = {row_count, shape.channels, shape.height, shape.width};
  const std::vector<int64_t> got(images.shape().begin(), images.shape().end());
  if (got != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("the dataset does not fit the model: expected rows of [",
                     absl::StrJoin(expected, ", "), "], got [", absl::StrJoin(got, ", "), "]"));
  }
  const size_t bytes = row_count * shape.channels * shape.height * shape.width;
  if (images.data_type() != v1::DATA_TYPE_UINT8 || images.data().size() != bytes ||
      rows.labels_size() != row_count) {
    return absl::InternalError(absl::StrCat(
        "malformed dataset rows: expected ", bytes, " bytes of UINT8 and ", row_count,
        " labels, got ", images.data().size(), " bytes of ", v1::DataType_Name(images.data_type()),
        " and ", rows.labels_size(), " labels"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImageShape> InputShapeOf(const v1::ModelVersion& version) {
  const bool one_image = version.inputs_size() == 1 && version.inputs(0).shape_size() == 4 &&
                         version.inputs(0).data_type() == v1::DATA_TYPE_FP32;
  if (!one_image) {
    return absl::FailedPreconditionError(absl::StrCat(
        version.model(), "@", version.version(),
        " does not take pictures: expected one input FP32 [-1, C, H, W]; call Predict over gRPC"));
  }
  const auto& sizes = version.inputs(0).shape();
  return ImageShape{.channels = sizes[1], .height = sizes[2], .width = sizes[3]};
}

absl::StatusOr<NamedImage> LoadImage(const std::string& path, const ImageFlags& flags,
                                     const ImageShape& shape) {
  if (shape.channels != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--image gives one grey channel, the model takes ", shape.channels,
                     "; call Predict over gRPC"));
  }
  const absl::StatusOr<std::string> bytes = ReadFileText(path, "picture", kImageBytesMax);
  if (!bytes.ok()) return bytes.status();
  // Transparent is paper: white where the drawing is dark.
  absl::StatusOr<GrayImage> image = DecodePng(*bytes, flags.invert ? 255 : 0);
  if (!image.ok()) {
    return absl::Status(image.status().code(),
                        absl::StrCat(path, ": ", std::string(image.status().message())));
  }
  if (flags.invert) image = Invert(*std::move(image));
  if (image->width != shape.width || image->height != shape.height) {
    if (!flags.resize) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": expected ", SizeText(shape.width, shape.height), " pixels, got ",
                       SizeText(image->width, image->height), "; --resize makes it fit"));
    }
    image = Resize(*image, static_cast<int>(shape.width), static_cast<int>(shape.height));
  }
  return NamedImage{.name = path, .pixels = std::move(image->pixels), .label = std::nullopt};
}

absl::Status CheckSplitName(const std::string& dataset) {
  const size_t colon = dataset.find(':');
  if (colon != std::string::npos && colon > 0 && colon + 1 < dataset.size()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--dataset: expected NAME:SPLIT such as mnist:test, got `", dataset, "`"));
}

absl::StatusOr<std::vector<NamedImage>> ReadRows(Client& client, const std::string& dataset,
                                                 const std::vector<int64_t>& indexes,
                                                 const ImageShape& shape) {
  const size_t colon = dataset.find(':');
  v1::ReadDatasetRowsRequest request;
  request.set_dataset(dataset.substr(0, colon));
  request.set_split(dataset.substr(colon + 1));
  request.mutable_row_indexes()->Add(indexes.begin(), indexes.end());
  const absl::StatusOr<v1::ReadDatasetRowsResponse> rows = client.ReadDatasetRows(request);
  if (!rows.ok()) return rows.status();
  absl::Status status = CheckRows(*rows, static_cast<int64_t>(indexes.size()), shape);
  if (!status.ok()) return status;

  const size_t row_bytes = shape.channels * shape.height * shape.width;
  std::vector<NamedImage> images;
  for (size_t i = 0; i < indexes.size(); ++i) {
    const char* begin = rows->images().data().data() + i * row_bytes;
    images.push_back({.name = absl::StrCat(dataset, " ", indexes[i]),
                      .pixels = std::vector<uint8_t>(begin, begin + row_bytes),
                      .label = rows->labels(static_cast<int>(i))});
  }
  return images;
}

v1::Tensor ToTensor(const std::vector<NamedImage>& images, const ImageShape& shape) {
  std::vector<float> values;
  for (const NamedImage& image : images) {
    for (uint8_t pixel : image.pixels) values.push_back(pixel / 255.0f);
  }
  v1::Tensor tensor;
  tensor.set_name("x");
  tensor.set_data_type(v1::DATA_TYPE_FP32);
  for (int64_t size :
       {static_cast<int64_t>(images.size()), shape.channels, shape.height, shape.width}) {
    tensor.add_shape(size);
  }
  tensor.set_data(values.data(), values.size() * sizeof(float));
  return tensor;
}

GrayImage FirstChannel(const NamedImage& image, const ImageShape& shape) {
  const auto begin = image.pixels.begin();
  return {.width = static_cast<int>(shape.width),
          .height = static_cast<int>(shape.height),
          .pixels = std::vector<uint8_t>(begin, begin + shape.width * shape.height)};
}

}  // namespace traind
