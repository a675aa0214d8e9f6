#ifndef TRAIND_SERVER_FUSED_FUSED_PLAN_H_
#define TRAIND_SERVER_FUSED_FUSED_PLAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Channels lie in memory in blocks of so many, the last one filled up with zeros.
inline constexpr int kChannelBlock = 16;

// How a stage's input is made from what the stage below put out: batch normalisation of
// that stage, then, each if present, ReLU, pooling and dropout.
struct FusedInlet {
  enum class Pool { kNone, kMax, kAverage };  // kAverage: over the whole map

  bool relu = false;
  Pool pool = Pool::kNone;
  int pool_size = 1;
  int pool_stride = 1;
  double drop = 0;  // dropout's probability

  // Whether nothing happens but batch normalisation.
  bool is_plain() const { return !relu && pool == Pool::kNone && drop == 0; }
};

struct FusedBatchNorm {
  int layer = 0;  // in the recipe
  double epsilon = 0;
  double momentum = 0;
};

// A convolution or linear layer with all that stands around it. A linear layer is a
// convolution whose kernel is as large as its input.
struct FusedStage {
  int layer = 0;  // of the convolution or linear layer in the recipe
  bool linear = false;
  FusedInlet inlet;
  int in_channels = 0;
  int in_height = 0;  // without padding
  int in_width = 0;
  int padding = 0;
  int out_channels = 0;
  int kernel_height = 0;
  int kernel_width = 0;
  bool bias = false;
  bool relu = false;                         // on the output, before batch normalisation
  std::optional<FusedBatchNorm> batch_norm;  // of the output; applied by who reads it
  int laid_in_channels = 0;                  // as they lie in memory
  int laid_out_channels = 0;
  // The input is the output of the stage below as it lies there: batch normalisation
  // of that one, if any, goes into this one's weights.
  bool direct = false;

  int out_height() const { return in_height + 2 * padding - kernel_height + 1; }
  int out_width() const { return in_width + 2 * padding - kernel_width + 1; }
  int64_t out_pixels() const { return int64_t{out_height()} * out_width(); }
  // Values of one sample: of the output, and of the input with its border.
  int64_t out_values() const { return out_pixels() * laid_out_channels; }
  int64_t in_values() const {
    return int64_t{in_height + 2 * padding} * (in_width + 2 * padding) * laid_in_channels;
  }
  // From one sample's input to the next. The kernels in bf16 take values in pairs, and
  // read one behind an odd number of them: it is nobody's, and stays 0.
  int64_t in_stride() const { return in_values() + (linear || laid_in_channels % 2 == 0 ? 0 : 1); }
  // Rows of the weights as they are packed: one for each input channel of each place
  // of the kernel, laid_out_channels long.
  int64_t weight_rows() const { return int64_t{kernel_height} * kernel_width * laid_in_channels; }
};

// A network as the fused step computes it. The last stage is linear; it gives the logits.
struct FusedPlan {
  std::vector<FusedStage> stages;

  int class_count() const { return stages.back().out_channels; }
  // Memory that one sample of a batch needs in training.
  int64_t sample_bytes() const;
};

// UNIMPLEMENTED names the first layer that does not fit, such as "network.layers[4]
// (conv2d): expected stride 1, got 2"; INVALID_ARGUMENT a layer that fits no network.
absl::StatusOr<FusedPlan> PlanFused(const v1::Network& network);

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_FUSED_PLAN_H_
