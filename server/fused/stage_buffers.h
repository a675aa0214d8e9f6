#ifndef TRAIND_SERVER_FUSED_STAGE_BUFFERS_H_
#define TRAIND_SERVER_FUSED_STAGE_BUFFERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "server/fused/aligned_array.h"
#include "server/fused/batch_norm.h"
#include "server/fused/fused_plan.h"
#include "server/fused/inlet_pass.h"
#include "server/fused/stage_kernels.h"

namespace traind {

// What one thread has of a stage during a training step. A group is what a kernel takes
// at once: one sample, or for a linear layer all of the thread's.
template <class Element>
struct ThreadStageBuffers {
  ThreadStageBuffers(const FusedStage& stage, int64_t group_max,
                     const StageKernels<Element>& kernels);

  AlignedArray<Element> output_gradient;  // of a group, with GradientBorder around each sample
  AlignedArray<Element> input_gradient;   // of a group, without border; unless direct
  AlignedArray<Element> scratch;          // of the weight gradient
  AlignedFloats weight_gradient;          // packed
  AlignedFloats sums;                     // two for each value of a pixel: of a group

  // Of all the thread's samples, per output channel.
  std::vector<double> sum;
  std::vector<double> square_sum;
  std::vector<double> gradient_sum;  // of the gradient by what batch normalisation gives
  std::vector<double> product_sum;   // of that times the output
  std::vector<double> bias_gradient;
};

// The memory of one stage of a training, for batches of up to so many samples.
template <class Element>
struct StageBuffers {
  // `below` is null for the first stage.
  StageBuffers(const FusedStage& stage, const FusedStage* below, int64_t batch_max,
               int thread_count, const StageKernels<Element>& kernels);

  std::optional<InletPass<Element>> inlet;  // unless direct or the first
  bool folds;                               // batch normalisation below goes into the weights

  // Packed, and the same with the batch normalisation below in them.
  AlignedFloats weights;
  AlignedFloats bias;
  AlignedFloats folded_weights;
  AlignedFloats folded_bias;
  AlignedFloats gradient_weights;  // for the input gradient; unless the first

  // What StageKernels::Prepare made of them, and where for lack of a better place.
  const Element* prepared_weights = nullptr;
  const Element* prepared_gradient_weights = nullptr;
  AlignedArray<Element> weights_place;
  AlignedArray<Element> gradient_weights_place;

  // Batch normalisation of the output, per channel: of the newest batch.
  std::vector<BatchStatistics> statistics;
  AlignedFloats factors;
  AlignedFloats offsets;
  AlignedFloats of_gradient;
  AlignedFloats of_value;
  AlignedFloats constant;

  AlignedFloats bias_gradient;

  // Per sample.
  AlignedArray<Element> input;            // unless direct
  AlignedArray<Element> output;           // after ReLU, before batch normalisation
  AlignedArray<Element> output_gradient;  // by what batch normalisation gives
  AlignedArray<uint8_t> mask;
  AlignedArray<uint8_t> note;  // see InletPass

  std::vector<ThreadStageBuffers<Element>> threads;

  // The sum over the threads, always in the same order.
  double Total(std::vector<double> ThreadStageBuffers<Element>::*sums, int channel) const {
    double total = 0;
    for (const ThreadStageBuffers<Element>& thread : threads) total += (thread.*sums)[channel];
    return total;
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STAGE_BUFFERS_H_
