#ifndef TRAIND_CLIENT_TRAINCTL_PREDICT_IMAGES_H_
#define TRAIND_CLIENT_TRAINCTL_PREDICT_IMAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/trainctl/gray_image.h"
#include "client/traind_client.h"

namespace traind {

// Sizes of one row that an image model expects.
struct ImageShape {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
};

// What is to be predicted, and how it is called in the output.
struct NamedImage {
  std::string name;
  std::vector<uint8_t> pixels;   // [C, H, W]
  std::optional<int64_t> label;  // known for dataset rows
};

// The shape of the model's one input. FAILED_PRECONDITION unless that is FP32 [-1, C, H, W].
absl::StatusOr<ImageShape> InputShapeOf(const v1::ModelVersion& version);

// How a picture is made to fit.
struct ImageFlags {
  bool invert = false;  // it is dark on light, the model expects light on dark
  bool resize = false;
};

// Loads a PNG for a model with one channel. INVALID_ARGUMENT with expected and
// actual size when they differ and `resize` is off.
absl::StatusOr<NamedImage> LoadImage(const std::string& path, const ImageFlags& flags,
                                     const ImageShape& shape);

// INVALID_ARGUMENT unless `dataset` is written as name:split, such as mnist:test.
absl::Status CheckSplitName(const std::string& dataset);

// Reads rows of `dataset`, written as name:split, from the server.
absl::StatusOr<std::vector<NamedImage>> ReadRows(Client& client, const std::string& dataset,
                                                 const std::vector<int64_t>& indexes,
                                                 const ImageShape& shape);

// The tensor `x`, FP32 [N, C, H, W] with pixel/255, little-endian.
v1::Tensor ToTensor(const std::vector<NamedImage>& images, const ImageShape& shape);

// The first channel, for drawing.
GrayImage FirstChannel(const NamedImage& image, const ImageShape& shape);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PREDICT_IMAGES_H_
