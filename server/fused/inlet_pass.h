#ifndef TRAIND_SERVER_FUSED_INLET_PASS_H_
#define TRAIND_SERVER_FUSED_INLET_PASS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "server/fused/batch_norm.h"
#include "server/fused/byte_images.h"
#include "server/fused/fused_plan.h"
#include "server/kernels/elementwise.h"

namespace traind {

// Makes the input of one stage, or what a map puts out, from the output of the one below,
// its source, and passes its gradient back, one sample at a time. Only for stages that
// are not `direct`, and not for those that read the image.
// Thread-safe. Element is float or Bf16.
template <class Element>
class InletPass {
 public:
  InletPass(const FusedStage& stage, const FusedStage& below,
            const ElementwiseKernelsOf<Element>& kernels);

  // What a sample keeps from the one pass for the other; 0 when nothing.
  int64_t mask_bytes() const;
  int64_t note_bytes() const;  // a multiple of 16: places of maxima, or averages

  // Which values dropout keeps, for Make and PassBack.
  void DrawMask(const DropoutStream& stream, uint8_t* mask) const;

  // `input` is the whole sample; its border is not touched. `factors` and `offsets` are
  // the batch normalisation below, per channel. Null `mask`: no dropout. Null
  // `note`: nothing will be passed back.
  void Make(const float* factors, const float* offsets, const Element* output_below,
            const uint8_t* mask, Element* input, uint8_t* note) const;

  // From the gradient by the input (without border; overwritten) to the gradient by what
  // batch normalisation below gives. Adds that, and its product with the output below,
  // to the sums per channel. `scratch` has two values for each channel.
  void PassBack(const Element* output_below, const Element* input, Element* input_gradient,
                const uint8_t* mask, const uint8_t* note, Element* gradient_below, float* scratch,
                double* sum, double* product_sum) const;

 private:
  DropoutMask Mask(const uint8_t* bits) const;
  void MakeAverage(const float* factors, const float* offsets, const Element* output_below,
                   Element* input, double* averages) const;
  void PassBackAverage(const Element* gradient, const double* averages, Element* gradient_below,
                       double* sum, double* product_sum) const;

  const FusedInlet inlet_;
  const double drop_;  // the probability in steps of 1/65536, below 1
  const PlaneShape below_;
  const PlaneShape made_;
  const int64_t row_stride_;  // of the input
  const int64_t start_;
  const ElementwiseKernelsOf<Element>& kernels_;
};

// The input of a stage that reads the image [C, H, W], or what a map makes of it; its border
// is not touched. `pixels`, one for each channel or none, are applied on the way.
template <class Element>
void CopyImage(const FusedStage& stage, const float* image, absl::Span<const Affine> pixels,
               Element* input);
// The same of one of pictures of bytes; `values` are theirs, as elements.
template <class Element>
void CopyBytes(const FusedStage& stage, const ByteImages& images, int64_t index,
               const Element* values, Element* input);

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_INLET_PASS_H_
