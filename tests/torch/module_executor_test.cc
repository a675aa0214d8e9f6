// Modules that are tried and served: TorchScript always, packages of machine code where a
// Python with torch is there to compile one.
#include "server/torch/infer/module_executor.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "server/modules/module_archive.h"
#include "server/modules/module_files.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/infer/module_inspection.h"
#include "server/torch/infer/torch_executor.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/torch/module_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string BytesOf(const at::Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), static_cast<size_t>(tensor.nbytes())};
}

v1::ModuleHeader Header(std::vector<int64_t> shape = {}) {
  v1::ModuleHeader header;
  header.set_name("mine");
  header.mutable_input_shape()->Assign(shape.begin(), shape.end());
  return header;
}

// A version that is a module, in a folder of its own.
class ModuleExecutorTest : public ::testing::Test {
 protected:
  ModuleExecutorTest() {
    version_.set_model("mine");
    v1::Network& network = *version_.mutable_recipe()->mutable_network();
    network.mutable_input()->set_features(4);
    network.mutable_module()->set_name("mine");
    network.mutable_module()->set_out_features(3);
    options_.allow_modules = true;
  }

  void Publish(const std::string& bytes, const std::string& name = kTorchScriptFile) {
    CheckpointManifest manifest;
    manifest.files.push_back(DescribeFile(name, bytes));
    WriteFile(directory_.Path(name), bytes);
    WriteFile(directory_.Path(kManifestFileName), WriteManifest(manifest));
  }

  absl::StatusOr<std::unique_ptr<Executor>> Load() {
    return TorchExecutorLoader(options_).Load(version_, directory_.path());
  }

  const TempDirectory directory_;
  v1::ModelVersion version_;
  ExecutorOptions options_;
};

TEST_F(ModuleExecutorTest, AnswersAsInPythonHoweverRowsAreJoined) {
  Publish(ReadFixture("tiny_module.pt"));
  const absl::StatusOr<std::unique_ptr<Executor>> executor = Load();
  ASSERT_OK(executor);
  const std::string rows = BytesOf(TinyTensor("rows"));
  const absl::string_view bytes = rows;
  const absl::StatusOr<Prediction> prediction =
      (*executor)->Run({bytes.substr(0, 16), bytes.substr(16)}, 8);
  ASSERT_OK(prediction);
  const at::Tensor expected = TinyTensor("logits");
  ASSERT_EQ(prediction->logits.size(), 24U);
  for (int64_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(prediction->logits[i], expected.flatten()[i].item<float>(), 1e-6);
  }
  EXPECT_EQ(prediction->classes[5], expected[5].argmax().item<int64_t>());
}

TEST_F(ModuleExecutorTest, ARequestOfManyRowsIsAnsweredInPieces) {
  Publish(ReadFixture("tiny_module.pt"));
  const absl::StatusOr<std::unique_ptr<Executor>> executor = Load();
  ASSERT_OK(executor);
  std::string rows;
  for (int i = 0; i < 9; ++i) rows += BytesOf(TinyTensor("rows"));
  const absl::StatusOr<Prediction> prediction = (*executor)->Run({rows}, 72);
  ASSERT_OK(prediction);
  EXPECT_NEAR(prediction->logits[71 * 3], TinyTensor("logits")[7][0].item<float>(), 1e-6);
}

TEST_F(ModuleExecutorTest, AProcessThatMayNotRunModulesLoadsNone) {
  Publish(ReadFixture("tiny_module.pt"));
  options_.allow_modules = false;
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kFailedPrecondition, "runs none"));
}

TEST_F(ModuleExecutorTest, AFileThatHasChangedIsNotOpened) {
  Publish(ReadFixture("tiny_module.pt"));
  std::string changed = ReadFixture("tiny_module.pt");
  changed[changed.size() / 2] ^= 1;
  WriteFile(directory_.Path(kTorchScriptFile), changed);
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss, "SHA-256"));
}

TEST_F(ModuleExecutorTest, OutputsThatAreNotAsDeclaredAreToldWhenItIsLoaded) {
  Publish(ReadFixture("tiny_module.pt"));
  version_.mutable_recipe()->mutable_network()->mutable_module()->set_out_features(2);
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kInvalidArgument,
                               "expected 2 values for each row, got 3"));
}

TEST(ModuleInspection, TellsShapesParametersAndTheSamplesAnswer) {
  const absl::StatusOr<InspectedModule> inspected =
      InspectModule(kTinyModule, v1::MODULE_FORMAT_TORCHSCRIPT, Header());
  ASSERT_OK(inspected);
  const v1::Module& module = inspected->module;
  EXPECT_THAT(module.input_shape(), ElementsAre(4));  // as the file tells
  EXPECT_EQ(module.out_features(), 3);
  EXPECT_EQ(module.parameter_count(), 4 * 6 + 6 + 6 + 6 + 6 * 3 + 3);
  EXPECT_THAT(module.untrainable_reason(), IsEmpty());
  EXPECT_THAT(inspected->sample.input().shape(), ElementsAre(1, 4));
  EXPECT_THAT(inspected->sample.logits().shape(), ElementsAre(1, 3));
}

TEST(ModuleInspection, AShapeThatTheModuleCannotTakeIsToldInItsOwnWords) {
  EXPECT_THAT(InspectModule(kTinyModule, v1::MODULE_FORMAT_TORCHSCRIPT, Header({5})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "mat1 and mat2 shapes cannot be multiplied (3x5 and 4x6)"));
}

TEST(ModuleInspection, WithoutAShapeAnywhereOneIsAskedFor) {
  EXPECT_THAT(InspectModule(kDroppingModule, v1::MODULE_FORMAT_TORCHSCRIPT, Header()),
              StatusIs(absl::StatusCode::kInvalidArgument, "--input 1,28,28"));
}

TEST(ModuleInspection, AModuleForOneNumberOfRowsCannotBeTrained) {
  v1::ModuleHeader header = Header({4});
  header.set_fixed_row_count(2);
  const absl::StatusOr<InspectedModule> inspected =
      InspectModule(kTinyModule, v1::MODULE_FORMAT_TORCHSCRIPT, header);
  ASSERT_OK(inspected);
  EXPECT_THAT(inspected->module.untrainable_reason(), HasSubstr("one number of rows"));
}

TEST_F(ModuleExecutorTest, TheLibraryThatPackagesOfMachineCodeLinkIsFound) {
  EXPECT_NE(dlopen("libtorch.so", RTLD_NOW), nullptr) << dlerror();
}

TEST_F(ModuleExecutorTest, APackageOfMachineCodeAnswersAsInPython) {
  const char* const python = std::getenv("TRAIND_TORCH_PYTHON");
  if (python == nullptr || *python == '\0') {
    GTEST_SKIP() << "no Python with torch 2.11 to compile a package: set TRAIND_TORCH_PYTHON";
  }
  const std::string package = directory_.Path("compiled.pt2");
  const std::string command =
      std::string(python) + " tests/torch/fixtures/make_module_fixtures.py --package " + package;
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const absl::StatusOr<v1::ModuleFormat> format = FormatOfModule(package, Limits());
  ASSERT_OK(format);
  EXPECT_EQ(*format, v1::MODULE_FORMAT_AOTINDUCTOR);
  const absl::StatusOr<InspectedModule> inspected = InspectModule(package, *format, Header());
  ASSERT_OK(inspected);
  EXPECT_THAT(inspected->module.input_shape(), ElementsAre(4));
  EXPECT_THAT(inspected->module.untrainable_reason(), HasSubstr("machine code"));

  Publish(ReadFile(package), kPackageFile);
  const absl::StatusOr<std::unique_ptr<Executor>> executor = Load();
  ASSERT_OK(executor);
  StateTensors expected = *StateTensors::Parse(ReadFile(package + ".safetensors"));
  const std::string rows = BytesOf(*expected.Take("rows"));
  const at::Tensor logits = *expected.Take("logits");
  const absl::StatusOr<Prediction> prediction = (*executor)->Run({rows}, 8);
  ASSERT_OK(prediction);
  for (int64_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(prediction->logits[i], logits.flatten()[i].item<float>(), 1e-5);
  }
}

}  // namespace
}  // namespace traind
