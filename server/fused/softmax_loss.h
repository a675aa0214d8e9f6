#ifndef TRAIND_SERVER_FUSED_SOFTMAX_LOSS_H_
#define TRAIND_SERVER_FUSED_SOFTMAX_LOSS_H_

#include <cstdint>

namespace traind {

// Softmax cross entropy with label smoothing, as torch.nn.CrossEntropyLoss has it.
struct SoftmaxLoss {
  int class_count = 0;
  double label_smoothing = 0;  // share of probability spread over all classes

  struct RowResult {
    double loss = 0;
    bool correct = false;  // the first of the largest logits is the label's
  };

  // Of one row. Writes `gradient_scale` times the loss's gradient by the logits.
  RowResult Row(const float* logits, int64_t label, double gradient_scale, float* gradient) const;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_SOFTMAX_LOSS_H_
