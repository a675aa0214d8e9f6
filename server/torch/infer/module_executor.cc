#include "server/torch/infer/module_executor.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/datasets/mapped_file.h"
#include "server/modules/module_files.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/row_shape.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/infer/class_scores.h"
#include "server/torch/infer/cpu_executor.h"
#include "server/torch/infer/padded_rows.h"
#include "server/torch/module_error.h"
#include "server/torch/torch_status.h"

namespace traind {
namespace {

// Bounds the memory that a large request takes.
constexpr int64_t kModuleRowsAtOnce = 32;

// The format of the module that the manifest of a version lists, whole and undamaged.
absl::StatusOr<v1::ModuleFormat> VerifyModule(const std::string& directory) {
  ASSIGN_OR_RETURN(const MappedFile text,
                   MappedFile::Open(absl::StrCat(directory, "/", kManifestFileName)));
  ASSIGN_OR_RETURN(const CheckpointManifest manifest, ReadManifest(text.bytes()));
  for (const v1::ModuleFormat format :
       {v1::MODULE_FORMAT_TORCHSCRIPT, v1::MODULE_FORMAT_AOTINDUCTOR}) {
    const std::string name = ModuleFileName(format);
    for (const CheckpointManifest::File& file : manifest.files) {
      if (file.name != name) continue;
      ASSIGN_OR_RETURN(const MappedFile bytes,
                       MappedFile::Open(absl::StrCat(directory, "/", name)));
      RETURN_IF_ERROR(CheckFile(file, bytes.bytes()));
      return format;
    }
  }
  return absl::DataLossError(
      absl::StrCat(kManifestFileName, " does not list ", kTorchScriptFile, " or ", kPackageFile));
}

// A version that was trained has no description of a module; it takes any number of rows.
absl::StatusOr<int64_t> FixedRowCount(const std::string& directory) {
  const absl::StatusOr<v1::Module> module = ReadModuleDescription(directory);
  if (absl::IsNotFound(module.status())) return 0;
  RETURN_IF_ERROR(module.status());
  return module->fixed_row_count();
}

// A file that is not there is damage, here.
absl::Status AsDamage(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::DataLossError(status.message()) : status;
}

}  // namespace

ModuleExecutor::ModuleExecutor(const v1::Recipe& recipe, LoadedModule module,
                               int64_t fixed_row_count)
    : input_(recipe.network().input()),
      output_count_(recipe.network().module().out_features()),
      normalization_(recipe.data().normalization(), at::kCPU),
      module_(std::move(module)),
      fixed_row_count_(fixed_row_count) {}

absl::StatusOr<std::unique_ptr<Executor>> ModuleExecutor::Load(const v1::ModelVersion& version,
                                                               const std::string& directory,
                                                               int thread_count) {
  const absl::StatusOr<v1::ModuleFormat> format = VerifyModule(directory);
  if (!format.ok()) return AsDamage(format.status());
  ASSIGN_OR_RETURN(const int64_t fixed_row_count, FixedRowCount(directory));
  std::unique_ptr<ModuleExecutor> executor(new ModuleExecutor(
      version.recipe(),
      LoadModule(absl::StrCat(directory, "/", ModuleFileName(*format)), *format, thread_count),
      fixed_row_count));
  const std::string zeros(
      static_cast<size_t>(InputValueCount(version.recipe().network().input())) * sizeof(float),
      '\0');
  RETURN_IF_ERROR(executor->Run({zeros}, 1).status());
  return executor;
}

absl::StatusOr<Prediction> ModuleExecutor::Run(absl::Span<const absl::string_view> inputs,
                                               int64_t row_count) {
  return CatchTorch([&]() -> absl::StatusOr<Prediction> { return Predict(inputs, row_count); });
}

absl::StatusOr<Prediction> ModuleExecutor::Predict(absl::Span<const absl::string_view> inputs,
                                                   int64_t row_count) const {
  using Clock = std::chrono::steady_clock;
  const c10::InferenceMode inference;
  const Clock::time_point start = Clock::now();
  RETURN_IF_ERROR(CheckRowBytes(input_, inputs, row_count).status());
  std::vector<int64_t> sizes = RowShape(input_);
  sizes.insert(sizes.begin(), row_count);
  // A copy: code of users may write into it.
  at::Tensor rows = at::empty(sizes, at::kFloat);
  GatherBytes(inputs, 0, 0,
              {static_cast<char*>(rows.mutable_data_ptr()), static_cast<size_t>(rows.nbytes())});
  rows = normalization_.FromFractions(rows);
  Prediction prediction;
  prediction.row_count = row_count;
  prediction.class_count = output_count_;
  prediction.times.input = absl::FromChrono(Clock::now() - start);
  const int64_t at_once = fixed_row_count_ > 0 ? fixed_row_count_ : kModuleRowsAtOnce;
  for (int64_t first = 0; first < row_count; first += at_once) {
    const int64_t count = std::min(at_once, row_count - first);
    const Clock::time_point begin = Clock::now();
    const at::Tensor answers = Forward(rows.narrow(0, first, count));
    const Clock::time_point inferred = Clock::now();
    AppendScores({answers.const_data_ptr<float>(), static_cast<size_t>(count * output_count_)},
                 prediction);
    prediction.times.infer += absl::FromChrono(inferred - begin);
    prediction.times.output += absl::FromChrono(Clock::now() - inferred);
  }
  return prediction;
}

at::Tensor ModuleExecutor::Forward(const at::Tensor& rows) const {
  const int64_t missing = fixed_row_count_ > 0 ? fixed_row_count_ - rows.size(0) : 0;
  at::Tensor padded = rows;
  if (missing > 0) {
    std::vector<int64_t> sizes = rows.sizes().vec();
    sizes[0] = missing;
    padded = at::cat({rows, at::zeros(sizes)});
  }
  const at::Tensor answers = module_.forward(padded);
  if (answers.size(1) != output_count_) {
    throw ModuleError(absl::StrCat("the module: expected ", output_count_,
                                   " values for each row, got ", answers.size(1)));
  }
  return answers;
}

}  // namespace traind
