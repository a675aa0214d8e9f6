#ifndef TRAIND_SERVER_TORCH_TRAIN_RMSPROP_H_
#define TRAIND_SERVER_TORCH_TRAIN_RMSPROP_H_

#include <string>
#include <vector>

#include "server/torch/train/optimizer.h"

namespace traind {

// torch.optim.RMSprop.
class Rmsprop : public Optimizer {
 public:
  Rmsprop(const v1::Rmsprop& options, std::vector<at::Tensor> parameters);

  void Step(const std::vector<at::Tensor>& gradients, double learning_rate) override;
  void Save(StateTensors& state) const override;
  absl::Status Load(StateTensors& state) override;

 private:
  const v1::Rmsprop options_;
  const double alpha_;
  const double epsilon_;
  const std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> squares_;   // mean of the gradient's square
  std::vector<at::Tensor> means_;     // of the gradient; empty unless centered
  std::vector<at::Tensor> momentum_;  // empty without
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_RMSPROP_H_
