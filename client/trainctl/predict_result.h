#ifndef TRAIND_CLIENT_TRAINCTL_PREDICT_RESULT_H_
#define TRAIND_CLIENT_TRAINCTL_PREDICT_RESULT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/trainctl/predict_images.h"
#include "traind/v1/prediction_service.pb.h"

namespace traind {

// Names of classes by number; empty, or too short, where they have only numbers.
using ClassNames = std::vector<std::string>;

// The class's name, or its number.
std::string ClassText(const ClassNames& names, int64_t number);

// What a model says about one image.
struct Prediction {
  int64_t predicted_class = 0;
  std::vector<float> probabilities;  // one per class
};

// Takes the response's tensors apart. INTERNAL when they are not `classes`
// INT64 [N] and `probabilities` FP32 [N, K].
absl::StatusOr<std::vector<Prediction>> ToPredictions(const v1::PredictResponse& response,
                                                      int64_t row_count);

// The picture, a bar for each class (for the ten likeliest of more than 14),
// and a line that says what it is.
std::string PredictionText(const NamedImage& image, const GrayImage& picture,
                           const Prediction& prediction, const std::string& model,
                           const ClassNames& names, bool colour);

// The last line: who answered how fast, and how many were right if that is known.
std::string PredictionTotals(const std::vector<NamedImage>& images,
                             const std::vector<Prediction>& predictions,
                             const v1::PredictResponse& response);

// One JSON document with numbers in place of the response's raw tensors, and the class's name
// where it has one.
std::string PredictionJson(const std::vector<NamedImage>& images,
                           const std::vector<Prediction>& predictions,
                           const v1::PredictResponse& response, const ClassNames& names);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_PREDICT_RESULT_H_
