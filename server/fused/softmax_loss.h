#ifndef TRAIND_SERVER_FUSED_SOFTMAX_LOSS_H_
#define TRAIND_SERVER_FUSED_SOFTMAX_LOSS_H_

#include <cstdint>

namespace traind {

// Softmax cross entropy with label smoothing, as torch.nn.CrossEntropyLoss has it.
struct SoftmaxLoss {
  int class_count = 0;
  double label_smoothing = 0;  // share of probability spread over all classes

  // What a row shall be: one class, or two of which the first has this share.
  struct Target {
    int64_t label = 0;
    int64_t other_label = 0;
    double share = 1;
  };
  struct RowResult {
    double loss = 0;
    bool correct = false;  // the first of the largest logits is the label's
  };

  // Of one row. Writes `gradient_scale` times the loss's gradient by the logits.
  RowResult Row(const float* logits, const Target& target, double gradient_scale,
                float* gradient) const;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_SOFTMAX_LOSS_H_
