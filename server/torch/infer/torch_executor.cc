#include "server/torch/infer/torch_executor.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/kernels/conv_bf16.h"
#include "server/recipes/feature_map.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/device.h"
#include "server/torch/infer/cpu_executor.h"
#include "server/torch/infer/cuda_executor.h"
#include "server/torch/infer/fold.h"
#include "server/torch/infer/form_check.h"
#include "server/torch/infer/fused_executor.h"
#include "server/torch/infer/inference_network.h"
#include "server/torch/infer/module_executor.h"
#include "server/torch/infer/padded_rows.h"
#include "server/torch/nn/fused_network_of.h"
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

// The weights' bytes, as the manifest vouches for them.
absl::StatusOr<std::string> ReadWeights(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::string manifest_text, ReadFile(directory, kManifestFileName));
  ASSIGN_OR_RETURN(const CheckpointManifest manifest, ReadManifest(manifest_text));
  ASSIGN_OR_RETURN(std::string weights, ReadFile(directory, kWeightsFileName));
  RETURN_IF_ERROR(VerifyFile(manifest, kWeightsFileName, weights));
  return weights;
}

std::map<std::string, at::Tensor> StateOf(const Network& network) {
  std::map<std::string, at::Tensor> state;
  for (const NamedTensor& named : network.parameters()) state[named.name] = named.tensor;
  for (const NamedTensor& named : network.buffers()) state[named.name] = named.tensor;
  return state;
}

// The layers in the form to run, folded where that is exact, and what is known of it.
struct ChosenLayers {
  InferenceLayers layers;
  at::Tensor rows;      // that forms are compared on
  at::Tensor expected;  // what the network as it was trained says about them
};

ChosenLayers ChooseLayers(const v1::Recipe& recipe, const Network& network, InferenceForm& form) {
  ChosenLayers chosen;
  chosen.rows = CheckRows(recipe.network().input());
  {
    const c10::InferenceMode inference;
    const PixelNormalization normalization(recipe.data().normalization(), at::kCPU);
    chosen.expected = network.Forward(normalization.FromFractions(chosen.rows.clone()), {});
  }
  const InferenceLayers trained =
      LayersAsTrained(recipe.network(), recipe.data().normalization(), StateOf(network));
  form.batch_norm_count = trained.batch_norm_count;
  chosen.layers = FoldLayers(trained);
  const InferenceNetwork folded(chosen.layers, at::kCPU, v1::PRECISION_FP32);
  form.fold_error = RelativeError(chosen.expected, folded.Forward(chosen.rows));
  if (form.fold_error > kFormErrorMax) {
    form.unfolded_reason = absl::StrCat("the folded network differs by ", form.fold_error,
                                        " of the largest logit, at most ", kFormErrorMax);
    chosen.layers = trained;
  }
  form.batch_norms_left = chosen.layers.batch_norm_count;
  return chosen;
}

// What the form that runs makes of the rows, against the network as it was trained.
absl::Status MeasurePrecision(const ChosenLayers& chosen, Executor& executor, InferenceForm& form) {
  const absl::string_view rows(static_cast<const char*>(chosen.rows.const_data_ptr()),
                               chosen.rows.nbytes());
  ASSIGN_OR_RETURN(Prediction prediction, executor.Run({rows}, chosen.rows.size(0)));
  const at::Tensor logits = at::from_blob(prediction.logits.data(), chosen.expected.sizes());
  form.precision_error = RelativeError(chosen.expected, logits);
  form.class_change_share = ClassChangeShare(chosen.expected, logits);
  return absl::OkStatus();
}

// The first pass of each size chooses kernels and takes memory: no client shall wait
// for that.
absl::Status WarmUp(const v1::InputShape& input, Executor& executor) {
  for (const int64_t row_count : kRecordedSizes) {
    const std::string rows(static_cast<size_t>(row_count * InputValueCount(input)) * sizeof(float),
                           '\0');
    RETURN_IF_ERROR(executor.Run({rows}, row_count).status());
  }
  return absl::OkStatus();
}

// The fastest on a CPU; UNIMPLEMENTED names the layer that does not fit, or says that the
// processor has no bf16; INTERNAL: its answers differ too much.
absl::StatusOr<std::unique_ptr<Executor>> MakeFusedExecutor(const v1::Recipe& recipe,
                                                            const Network& network,
                                                            const ChosenLayers& chosen,
                                                            InferenceForm& form) {
  if (form.precision == v1::PRECISION_BF16 && FindBf16ConvKernels("avx512bf16") == nullptr) {
    return absl::UnimplementedError("this processor does not multiply bf16");
  }
  const v1::InputShape& input = recipe.network().input();
  const v1::Normalization& normalization = recipe.data().normalization();
  ASSIGN_OR_RETURN(std::unique_ptr<const FusedNetwork> fused,
                   FusedNetworkOf(recipe.network(), normalization, network));
  auto executor = std::make_unique<FusedExecutor>(input, std::move(fused));
  RETURN_IF_ERROR(MeasurePrecision(chosen, *executor, form));
  if (form.precision_error > kFormErrorMax) {
    return absl::InternalError(absl::StrCat("the fused network differs by ", form.precision_error,
                                            " of the largest logit, at most ", kFormErrorMax));
  }
  form.fold_error = form.precision_error;
  if (form.precision == v1::PRECISION_BF16) {
    ASSIGN_OR_RETURN(fused,
                     FusedNetworkOf(recipe.network(), normalization, network, /*bf16=*/true));
    executor = std::make_unique<FusedExecutor>(input, std::move(fused));
    RETURN_IF_ERROR(MeasurePrecision(chosen, *executor, form));
    if (!std::isfinite(form.precision_error)) {
      return absl::InternalError("the fused network in bf16 gives logits that are not finite");
    }
  }
  form.is_fused = true;
  form.batch_norms_left = 0;
  return executor;
}

absl::StatusOr<std::unique_ptr<Executor>> MakeExecutor(
    const ExecutorOptions& options, const std::shared_ptr<std::atomic<bool>>& lost,
    const InferenceLayers& layers, int64_t weights_bytes, InferenceForm& form) {
  const at::Device device(form.device);
  if (device.is_cpu()) {
    return std::make_unique<CpuExecutor>(layers.description.input(),
                                         InferenceNetwork(layers, device, options.precision),
                                         weights_bytes);
  }
  return CudaExecutor::Create(
      {device, options.precision, options.thread_count, weights_bytes, lost}, layers, form);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Executor>> TorchExecutorLoader::Load(const v1::ModelVersion& version,
                                                                    const std::string& directory) {
  if (version.recipe().network().has_module()) return LoadModuleVersion(version, directory);
  ASSIGN_OR_RETURN(const std::string device, ResolveDevice(options_.device));
  return CatchTorch([&]() -> absl::StatusOr<std::unique_ptr<Executor>> {
    const v1::Recipe& recipe = version.recipe();
    ASSIGN_OR_RETURN(const std::string weights, ReadWeights(directory));
    ASSIGN_OR_RETURN(Network network, Network::Build(recipe.network(), /*seed=*/0, at::kCPU));
    RETURN_IF_ERROR(LoadState(weights, network));
    InferenceForm form;
    form.device = device;
    if (options_.precision == v1::PRECISION_BF16) form.precision = v1::PRECISION_BF16;
    const ChosenLayers chosen = ChooseLayers(recipe, network, form);
    std::unique_ptr<Executor> executor;
    if (device == "cpu") {
      absl::StatusOr<std::unique_ptr<Executor>> fused =
          MakeFusedExecutor(recipe, network, chosen, form);
      form.unfused_reason = std::string(fused.status().message());
      if (fused.ok()) executor = *std::move(fused);
    }
    if (executor == nullptr) {
      ASSIGN_OR_RETURN(executor, MakeExecutor(options_, lost_, chosen.layers,
                                              static_cast<int64_t>(weights.size()), form));
      RETURN_IF_ERROR(MeasurePrecision(chosen, *executor, form));
    }
    RETURN_IF_ERROR(WarmUp(recipe.network().input(), *executor));
    if (options_.on_loaded) options_.on_loaded(version, form);
    return executor;
  });
}

absl::StatusOr<std::unique_ptr<Executor>> TorchExecutorLoader::LoadModuleVersion(
    const v1::ModelVersion& version, const std::string& directory) const {
  if (!options_.allow_modules || options_.device != "cpu") {
    return absl::FailedPreconditionError(absl::StrCat(version.model(), "@", version.version(),
                                                      " is a module, and this process runs none"));
  }
  return CatchTorch(
      [&] { return ModuleExecutor::Load(version, directory, options_.thread_count); });
}

void PrepareExecutorThread(int thread_count) { at::set_num_threads(thread_count); }

}  // namespace traind
