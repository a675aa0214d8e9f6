#include "server/torch/infer/torch_executor.h"

#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/nn/network.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/nn/pixel_normalization.h"
#include "server/torch/torch_headers.h"
#include "server/torch/torch_status.h"

namespace traind {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& directory, absl::string_view name) {
  const std::string path = absl::StrCat(directory, "/", name);
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::DataLossError(absl::StrCat("model file ", path, " is absent"));
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return absl::DataLossError(absl::StrCat("model file ", path, " is unreadable"));
  return bytes;
}

template <typename T>
std::vector<T> CopyOut(const at::Tensor& tensor) {
  const at::Tensor contiguous = tensor.contiguous();
  const T* data = contiguous.const_data_ptr<T>();
  return std::vector<T>(data, data + contiguous.numel());
}

// Immutable after construction.
class TorchExecutor : public Executor {
  using Clock = std::chrono::steady_clock;

 public:
  TorchExecutor(const v1::Recipe& recipe, Network network, int64_t memory_bytes)
      : memory_bytes_(memory_bytes),
        input_(recipe.network().input()),
        normalization_(recipe.data().normalization(), at::kCPU),
        network_(std::move(network)) {}

  absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) override {
    return CatchTorch([&]() -> absl::StatusOr<Prediction> { return Predict(inputs, row_count); });
  }

  int64_t memory_bytes() const override { return memory_bytes_; }

 private:
  absl::StatusOr<Prediction> Predict(absl::Span<const absl::string_view> inputs,
                                     int64_t row_count) const {
    const c10::InferenceMode inference;
    const Clock::time_point start = Clock::now();
    size_t size_bytes = 0;
    for (const absl::string_view input : inputs) size_bytes += input.size();
    // A copy: the bytes need not be aligned, and normalisation overwrites them.
    at::Tensor images =
        at::empty({row_count, input_.channels(), input_.height(), input_.width()}, at::kFloat);
    if (images.nbytes() != size_bytes) {
      return absl::InternalError(absl::StrCat("expected ", images.nbytes(), " bytes for ",
                                              row_count, " rows, got ", size_bytes));
    }
    char* target = static_cast<char*>(images.mutable_data_ptr());
    for (const absl::string_view input : inputs) {
      std::memcpy(target, input.data(), input.size());
      target += input.size();
    }
    const Clock::time_point joined = Clock::now();
    const at::Tensor logits = network_.Forward(normalization_.FromFractions(images), {});
    const Clock::time_point inferred = Clock::now();
    Prediction prediction{row_count,
                          network_.class_count(),
                          CopyOut<int64_t>(logits.argmax(1)),
                          CopyOut<float>(logits),
                          CopyOut<float>(at::softmax(logits, 1)),
                          {}};
    prediction.times = {absl::FromChrono(joined - start), absl::FromChrono(inferred - joined),
                        absl::FromChrono(Clock::now() - inferred)};
    return prediction;
  }

  const int64_t memory_bytes_;
  const v1::InputShape input_;
  const PixelNormalization normalization_;
  const Network network_;
};

// The first pass of each size chooses kernels and takes memory: no client shall wait
// for that.
absl::Status WarmUp(const v1::InputShape& input, Executor& executor) {
  for (const int64_t row_count : {1, 2, 4, 8, 16, 32, 64}) {
    const std::string rows(static_cast<size_t>(row_count) * input.channels() * input.height() *
                               input.width() * sizeof(float),
                           '\0');
    RETURN_IF_ERROR(executor.Run({rows}, row_count).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Executor>> TorchExecutorLoader::Load(const v1::ModelVersion& version,
                                                                    const std::string& directory) {
  if (options_.device != "cpu") {
    return absl::UnimplementedError(absl::StrCat("executors on ", options_.device));
  }
  return CatchTorch([&]() -> absl::StatusOr<std::unique_ptr<Executor>> {
    ASSIGN_OR_RETURN(const std::string manifest_text, ReadFile(directory, kManifestFileName));
    ASSIGN_OR_RETURN(const CheckpointManifest manifest, ReadManifest(manifest_text));
    ASSIGN_OR_RETURN(const std::string weights, ReadFile(directory, kWeightsFileName));
    RETURN_IF_ERROR(VerifyFile(manifest, kWeightsFileName, weights));
    ASSIGN_OR_RETURN(Network network,
                     Network::Build(version.recipe().network(), /*seed=*/0, at::kCPU));
    RETURN_IF_ERROR(LoadState(weights, network));
    auto executor = std::make_unique<TorchExecutor>(version.recipe(), std::move(network),
                                                    static_cast<int64_t>(weights.size()));
    RETURN_IF_ERROR(WarmUp(version.recipe().network().input(), *executor));
    return executor;
  });
}

void PrepareExecutorThread(int thread_count) { at::set_num_threads(thread_count); }

}  // namespace traind
