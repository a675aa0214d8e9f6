#ifndef TRAIND_SERVER_FUSED_FUSED_PLAN_H_
#define TRAIND_SERVER_FUSED_FUSED_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Channels lie in memory in blocks of so many, the last one filled up with zeros.
inline constexpr int kChannelBlock = 16;

// How a stage's input is made from what its source put out: batch normalisation of that
// stage, then, each if present, pooling, dropout and ReLU.
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
  std::string layer;  // as FusedStage::layer
  double epsilon = 0;
  double momentum = 0;
};

// A convolution or linear layer with all that stands around it, or what stands between
// two of them and does not fit around one.
struct FusedStage {
  enum class Kind {
    kConvolution,
    kLinear,  // a convolution whose kernel is as large as its input
    kMap,     // the output is what the inlet makes
    kSum,     // the outputs of two stages, each with its batch normalisation, added up
  };

  Kind kind = Kind::kConvolution;
  // Of the convolution or linear layer, below `layers.` in the names of its tensors: `3`,
  // or `3.layers.0` within a residual block.
  std::string layer;
  // The stage whose output it reads, one of those before it; -1: the image.
  int source = -1;
  // Of a sum: the other stage.
  int addend = -1;
  // Several stages read the output; then it has no batch normalisation.
  bool shared = false;
  // Something below has parameters, so the gradient by the input is needed.
  bool passes_back = false;
  // The backward pass adds the gradient by the source, or by the addend, to what
  // another reader of the same stage, which comes before in that pass, has written.
  bool adds_to_source = false;
  bool adds_to_addend = false;
  FusedInlet inlet;
  int in_channels = 0;
  int in_height = 0;  // without padding
  int in_width = 0;
  int padding = 0;
  int stride = 1;
  int out_channels = 0;
  int kernel_height = 0;
  int kernel_width = 0;
  bool bias = false;
  bool relu = false;                         // on the output, before batch normalisation
  std::optional<FusedBatchNorm> batch_norm;  // of the output; applied by who reads it
  int laid_in_channels = 0;                  // as they lie in memory
  int laid_out_channels = 0;
  // The input is the output of the source as it lies there: batch normalisation of that
  // one, if any, goes into this one's weights.
  bool direct = false;

  bool is_linear() const { return kind == Kind::kLinear; }
  bool has_weights() const { return kind == Kind::kConvolution || kind == Kind::kLinear; }
  // Whether it has a buffer for its input.
  bool has_input() const { return has_weights() && !direct; }
  int out_height() const { return (in_height + 2 * padding - kernel_height) / stride + 1; }
  int out_width() const { return (in_width + 2 * padding - kernel_width) / stride + 1; }
  int64_t out_pixels() const { return int64_t{out_height()} * out_width(); }
  // Values of one sample: of the output, and of the input with its border.
  int64_t out_values() const { return out_pixels() * laid_out_channels; }
  int64_t in_values() const {
    return int64_t{in_height + 2 * padding} * (in_width + 2 * padding) * laid_in_channels;
  }
  // From one sample's input to the next. The kernels in bf16 take values in pairs, and
  // read one behind an odd number of them: it is nobody's, and stays 0.
  int64_t in_stride() const {
    return in_values() + (is_linear() || laid_in_channels % 2 == 0 ? 0 : 1);
  }
  // Rows of the weights as they are packed: one for each input channel of each place
  // of the kernel, laid_out_channels long.
  int64_t weight_rows() const { return int64_t{kernel_height} * kernel_width * laid_in_channels; }
};

// A network as the fused step computes it: each stage after those that it reads. The last
// stage is linear; it gives the logits.
struct FusedPlan {
  std::vector<FusedStage> stages;

  int class_count() const { return stages.back().out_channels; }
  // The one that reads the output of a stage that is not shared.
  int ReaderOf(int stage) const;
  // Memory that one sample of a batch needs in training.
  int64_t sample_bytes() const;
};

// UNIMPLEMENTED names the first layer that does not fit, such as "network.layers[4] (gelu):
// expected a kind of layer that the fused step computes, got gelu"; INVALID_ARGUMENT a layer
// that fits no network.
absl::StatusOr<FusedPlan> PlanFused(const v1::Network& network);

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_FUSED_PLAN_H_
