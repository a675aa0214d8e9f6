#ifndef TRAIND_SERVER_TORCH_TRAIN_ADAM_H_
#define TRAIND_SERVER_TORCH_TRAIN_ADAM_H_

#include <vector>

#include "server/torch/train/optimizer.h"

namespace traind {

// What weight decay works on.
enum class WeightDecay {
  kGradient,  // an L2 penalty, as in torch.optim.Adam
  kWeight,    // a share of the weight taken off, as in torch.optim.AdamW
};

// torch.optim.Adam, or torch.optim.AdamW by the kind of its weight decay; without amsgrad.
class Adam : public Optimizer {
 public:
  Adam(const v1::Adam& options, WeightDecay decay, std::vector<at::Tensor> parameters);

  void Step(const std::vector<at::Tensor>& gradients, double learning_rate) override;
  void Save(StateTensors& state) const override;
  absl::Status Load(StateTensors& state) override;

 private:
  const double beta1_;
  const double beta2_;
  const double epsilon_;
  const double weight_decay_;
  const WeightDecay decay_;
  const std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> means_;          // of the gradient
  std::vector<at::Tensor> squares_;        // mean of its square
  std::vector<at::Tensor> update_counts_;  // float32 scalars, as the fused update asks for
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_ADAM_H_
