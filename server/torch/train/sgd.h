#ifndef TRAIND_SERVER_TORCH_TRAIN_SGD_H_
#define TRAIND_SERVER_TORCH_TRAIN_SGD_H_

#include <vector>

#include "server/torch/train/optimizer.h"

namespace traind {

// Stochastic gradient descent as torch.optim.SGD with dampening 0.
class Sgd : public Optimizer {
 public:
  // Updates `parameters` in place.
  Sgd(const v1::Sgd& options, std::vector<at::Tensor> parameters);

  void Step(const std::vector<at::Tensor>& gradients, double learning_rate) override;
  // The same by a rate that lies on the device (float32, one number): nothing of the
  // update is decided on the host, so that a recording of it holds for every step.
  void Step(const std::vector<at::Tensor>& gradients, const at::Tensor& learning_rate);

  // Empty without momentum.
  const std::vector<at::Tensor>& momentum() const { return momentum_; }

  void Save(StateTensors& state) const override;
  absl::Status Load(StateTensors& state) override;

 private:
  v1::Sgd options_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> momentum_;
  bool first_step_ = true;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_SGD_H_
