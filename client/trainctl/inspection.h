#ifndef TRAIND_CLIENT_TRAINCTL_INSPECTION_H_
#define TRAIND_CLIENT_TRAINCTL_INSPECTION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/trainctl/confusion_matrix.h"
#include "client/trainctl/predict_result.h"
#include "client/traind_client.h"

namespace traind {

// A row whose class was not found.
struct Mistake {
  int64_t row = 0;
  int64_t true_class = 0;
  int64_t predicted_class = 0;
  float predicted_probability = 0;
  float true_probability = 0;
  std::vector<float> values;  // what the model was given
};

// What a version of a model makes of a whole split of labelled rows.
struct Inspection {
  ConfusionMatrix matrix;
  std::vector<int64_t> row_shape;  // [C, H, W] of pictures
  ClassNames class_names;          // may be empty
  // Those whose own class got the least, first.
  std::vector<Mistake> worst;
};

// Reads every row of `dataset`, written as name:split, asks the server to predict it by
// this version, and keeps the `worst_count` worst mistakes. `progress` is told the rows
// done and their number. FAILED_PRECONDITION for a model that does not take one input of
// FP32 or does not tell classes; OUT_OF_RANGE for labels that are none of its classes; else
// as ReadDatasetRows and Predict.
absl::StatusOr<Inspection> InspectVersion(Client& client, const v1::ModelVersion& version,
                                          const std::string& dataset, int worst_count,
                                          const std::function<void(int64_t, int64_t)>& progress);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_INSPECTION_H_
