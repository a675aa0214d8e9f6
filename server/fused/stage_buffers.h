#ifndef TRAIND_SERVER_FUSED_STAGE_BUFFERS_H_
#define TRAIND_SERVER_FUSED_STAGE_BUFFERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/fused/aligned_array.h"
#include "server/fused/batch_norm.h"
#include "server/fused/fused_plan.h"
#include "server/fused/inlet_pass.h"
#include "server/fused/stage_kernels.h"
#include "server/fused/stage_tensors.h"
#include "server/fused/stage_weights.h"

namespace traind {

// Adds to each of the sums one of the values.
inline void AddTo(const float* values, std::vector<double>& sums) {
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
}

// What one thread has of a stage during a training step. A group is what a kernel takes
// at once: one sample, or for a linear layer all of the thread's.
template <class Element>
struct ThreadStageBuffers {
  ThreadStageBuffers(const FusedStage& stage, const FusedStage* source, int64_t group_max,
                     const StageKernels<Element>& kernels);

  // By the output, of a group, with OutputGradientBorder around each sample; and, where
  // it lies apart, as it is spread for the input gradient.
  AlignedArray<Element> output_gradient;
  AlignedArray<Element> spread_gradient;
  AlignedArray<Element> input_gradient;  // of a group, without border; if it has an input
  // By the source's output, of a group, where it is added to that of other readers.
  AlignedArray<Element> source_gradient;
  AlignedArray<Element> scratch;  // of the weight gradient
  AlignedFloats weight_gradient;  // packed
  AlignedFloats sums;             // two for each value of a pixel: of a group

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
  // `source` is null where the stage reads the image.
  StageBuffers(const FusedStage& stage, const FusedStage* source, int64_t batch_max,
               int thread_count, const StageKernels<Element>& kernels);

  std::optional<InletPass<Element>> inlet;  // unless direct, a sum, or of the image
  StageWeights<Element> weights;

  // Batch normalisation of the output, per channel: of the newest batch.
  std::vector<BatchStatistics> statistics;
  AlignedFloats factors;
  AlignedFloats offsets;
  AlignedFloats of_gradient;
  AlignedFloats of_value;
  AlignedFloats constant;

  AlignedFloats bias_gradient;

  // Per sample.
  AlignedArray<Element> input;            // if it has one
  AlignedArray<Element> output;           // after ReLU, before batch normalisation
  AlignedArray<Element> output_gradient;  // by what batch normalisation gives
  AlignedArray<uint8_t> mask;
  AlignedArray<uint8_t> note;  // see InletPass

  std::vector<ThreadStageBuffers<Element>> threads;

  // From the sums over a batch, of so many values of each channel: what batch
  // normalisation makes of them, and the network's running statistics.
  void FinishStatistics(const FusedStage& stage, const StageTensors& network, double value_count);
  // And what it makes of its gradient, with the gradients by scale and shift.
  void FinishBatchNormGradient(const FusedStage& stage, const StageTensors& network,
                               double value_count, const StageTensors& gradients);
  void FinishBiasGradient(const FusedStage& stage, const StageTensors& gradients);
  // Rows `begin` to `end` of the weights' gradient, summed over the threads. `source` has
  // the batch normalisation that the weights fold.
  void ReduceWeightGradient(const FusedStage& stage, const StageBuffers* source, int64_t begin,
                            int64_t end, const StageTensors& gradients);

 private:
  // The sum over the threads, always in the same order.
  double Total(std::vector<double> ThreadStageBuffers<Element>::*sums, int channel) const {
    double total = 0;
    for (const ThreadStageBuffers<Element>& thread : threads) total += (thread.*sums)[channel];
    return total;
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STAGE_BUFFERS_H_
