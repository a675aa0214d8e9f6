// What a run must pass before it is accepted.

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "server/datasets/content_hash.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunAdmissionTest : public RunServiceFixture {
 protected:
  absl::Status StartWith(const std::string& path, const std::string& value) {
    v1::StartTrainingRequest request = Request();
    v1::Override& change = *request.add_overrides();
    change.set_path(path);
    change.set_value(value);
    return service_->Start(request).status();
  }
};

TEST_F(RunAdmissionTest, AnAcceptedRunIsStartedAtOnceWhenASlotIsFree) {
  const v1::Run run = Start();
  EXPECT_EQ(run.id(), "tiny-1");
  EXPECT_EQ(run.state(), v1::RUN_STATE_STARTING);
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1"));
}

TEST_F(RunAdmissionTest, TheNextOneWaitsAndIsToldItsPlace) {
  Start();
  const v1::Run second = Start();
  const v1::Run third = Start();
  EXPECT_EQ(second.state(), v1::RUN_STATE_QUEUED);
  EXPECT_THAT(second.state_reason(), HasSubstr("waiting for a slot on cpu (position 1)"));
  EXPECT_THAT(third.state_reason(), HasSubstr("(position 2)"));
}

TEST_F(RunAdmissionTest, TheExecutionIsResolvedAndPinned) {
  const v1::Run run = Start();
  EXPECT_EQ(run.execution().device(), "cpu");
  EXPECT_EQ(run.execution().thread_count(), 3);
  EXPECT_EQ(run.execution().precision(), v1::PRECISION_FP32);
  EXPECT_EQ(run.execution().log_every_steps(), 100);
}

TEST_F(RunAdmissionTest, APrecisionThatIsLeftOpenIsTheServersChoice) {
  choose_precision_ = [](const v1::Recipe&, const v1::Execution& execution) {
    return execution.device() == "cpu" ? v1::PRECISION_BF16 : v1::PRECISION_TF32;
  };
  Restart();
  v1::StartTrainingRequest request = Request();
  EXPECT_EQ(service_->Start(request)->execution().precision(), v1::PRECISION_BF16);
  request.mutable_execution()->set_precision(v1::PRECISION_FP32);
  EXPECT_EQ(service_->Start(request)->execution().precision(), v1::PRECISION_FP32);
}

TEST_F(RunAdmissionTest, AutoTakesAGpuWhenThereIsOne) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_device("auto");
  EXPECT_EQ(service_->Start(request)->execution().device(), "cpu");
  devices_ = {"cpu", "cuda:0", "cuda:1"};
  Restart();
  EXPECT_EQ(service_->Start(request)->execution().device(), "cuda:0");
}

TEST_F(RunAdmissionTest, ADeviceThatIsNotThereIsRefusedWithTheOnesThatAre) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_device("cuda");
  EXPECT_THAT(service_->Start(request),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "expected one of this server's devices (cpu) or auto, got cuda"));
}

TEST_F(RunAdmissionTest, ARequestWithoutASourceIsRefused) {
  EXPECT_THAT(service_->Start(v1::StartTrainingRequest()),
              StatusIs(absl::StatusCode::kInvalidArgument, "recipe_name, recipe_text and recipe"));
}

TEST_F(RunAdmissionTest, AnUnknownRecipeIsNotFound) {
  v1::StartTrainingRequest request;
  request.set_recipe_name("nope");
  EXPECT_THAT(service_->Start(request), StatusIs(absl::StatusCode::kNotFound, "nope"));
}

TEST_F(RunAdmissionTest, ARecipeTextPastItsLimitIsRefused) {
  limits_.recipe_bytes_max = 10;
  Restart();
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected at most 10 bytes"));
}

TEST_F(RunAdmissionTest, ABatchLargerThanTheSetIsRefusedWithTheSetsSize) {
  EXPECT_THAT(StartWith("batch_size", "21"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "batch_size: expected at most 20, the rows of tiny:train, got 21"));
  EXPECT_OK(StartWith("batch_size", "20"));
}

// 20 rows in batches of 19 leave one.
TEST_F(RunAdmissionTest, ALastBatchOfOneRowIsRefusedWhereABatchNormNeedsMore) {
  EXPECT_OK(StartWith("batch_size", "19"));
  v1::StartTrainingRequest request = Request();
  v1::Override& norm = *request.add_overrides();
  norm.set_path("network.layers");
  norm.set_value("[{ flatten {} }, { batch_norm1d {} }, { linear { out_features: 10 } }]");
  v1::Override& batch_size = *request.add_overrides();
  batch_size.set_path("batch_size");
  batch_size.set_value("19");
  EXPECT_THAT(service_->Start(request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "network.layers[1] (batch_norm1d) has one value per channel in it, got 19"));
}

TEST_F(RunAdmissionTest, AnAbsentDatasetIsAFailedPrecondition) {
  EXPECT_THAT(StartWith("data.dataset", "absent"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "absent"));
}

TEST_F(RunAdmissionTest, ADamagedDatasetIsAFailedPrecondition) {
  std::ofstream(directory_.Path("tiny/train-images-idx3-ubyte")) << "not an IDX file at all";
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "train-images-idx3-ubyte"));
}

TEST_F(RunAdmissionTest, ANetworkForOtherImagesIsRefusedWithBothShapes) {
  EXPECT_THAT(StartWith("network.input.height", "9"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "expected the shape of tiny:train, [1, 8, 8], got [1, 9, 8]"));
}

TEST_F(RunAdmissionTest, NothingIsStoredOfARefusedRun) {
  StartWith("optimizer.sgd.learning_rate", "nan").IgnoreError();
  EXPECT_THAT(service_->List({})->runs(), IsEmpty());
  EXPECT_THAT(launcher_.launched, IsEmpty());
}

TEST_F(RunAdmissionTest, TheSameRequestIdStartsOneRun) {
  v1::StartTrainingRequest request = Request();
  request.set_request_id("r1");
  EXPECT_EQ(service_->Start(request)->id(), "tiny-1");
  EXPECT_EQ(service_->Start(request)->id(), "tiny-1");
  Restart();
  EXPECT_EQ(service_->Start(request)->id(), "tiny-1");
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1"));
}

TEST_F(RunAdmissionTest, TheSameRequestIdWithAnotherBodyAlreadyExists) {
  v1::StartTrainingRequest request = Request();
  request.set_request_id("r1");
  ASSERT_OK(service_->Start(request));
  request.mutable_execution()->set_priority(1);
  EXPECT_THAT(service_->Start(request),
              StatusIs(absl::StatusCode::kAlreadyExists, "r1 has started tiny-1"));
}

TEST_F(RunAdmissionTest, AFullQueueIsNamedByItsLimit) {
  limits_.queued_runs_max = 1;
  Restart();
  Start();
  Start();
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kResourceExhausted, "queued_runs_max"));
}

TEST_F(RunAdmissionTest, ADrainingServerTakesNoRuns) {
  service_->Drain(absl::Seconds(1));
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kUnavailable, "shutting down"));
}

TEST_F(RunAdmissionTest, AStoreThatCannotWriteRefusesTheRun) {
  store_.FailWritesWith(absl::ResourceExhaustedError("disk full"));
  EXPECT_THAT(service_->Start(Request()),
              StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
}

TEST_F(RunAdmissionTest, ALossForValuesNeedsDataThatHasThem) {
  v1::StartTrainingRequest request = Request();
  std::string& text = *request.mutable_recipe_text();
  text.replace(text.find("cross_entropy {}"), 16, "mean_squared_error {}");
  text.replace(text.find("METRIC_ACCURACY"), 15, "METRIC_LOSS");
  const absl::Status status = service_->Start(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "tiny:train: loss: expected cross_entropy, as the data has classes, got one for "
            "values");
}

TEST_F(RunAdmissionTest, RowsWithinTheRecipeNeedNoDataset) {
  v1::StartTrainingRequest request;
  request.set_recipe_text(R"(
    name: "rows"
    data { rows { inputs: [1, 2] targets: 0 } rows { inputs: [2, 1] targets: 1 } }
    network {
      input { channels: 1 height: 1 width: 2 }
      layers { flatten {} }
      layers { linear { out_features: 2 } }
    }
    loss { cross_entropy {} }
    optimizer { adam { learning_rate: 0.1 } }
    epoch_count: 2
    batch_size: 2
    selection { metric: SELECTION_METRIC_ACCURACY }
    float64: true
  )");
  EXPECT_OK(service_->Start(request));
  request.mutable_execution()->set_precision(v1::PRECISION_TF32);
  EXPECT_THAT(std::string(service_->Start(request).status().message()),
              HasSubstr("execution.precision: expected none"));
}

TEST_F(RunAdmissionTest, ARunHasTheSha256OfItsDataset) {
  const v1::Run run = Start();
  EXPECT_EQ(run.recipe().data().dataset_sha256(), datasets_.Describe("tiny")->sha256());
}

TEST_F(RunAdmissionTest, ARunHasTheNamesOfTheClasses) {
  EXPECT_EQ(Start().class_names_size(), 0);  // in MNIST's own layout they are only numbers
  const absl::StatusOr<v1::Dataset> tiny = datasets_.Describe("tiny");
  ASSERT_OK(tiny);
  v1::Dataset named = *tiny;
  named.set_name("named");
  for (const char* name : {"ape", "bee", "cat", "dog"}) named.add_class_names(name);
  named.set_sha256(DatasetSha256(named));
  std::string text;
  google::protobuf::TextFormat::PrintToString(named, &text);
  WriteFile(directory_.Path("named/dataset.textproto"), text);
  v1::StartTrainingRequest request = Request();
  v1::Override& change = *request.add_overrides();
  change.set_path("data.dataset");
  change.set_value("\"named\"");
  const absl::StatusOr<v1::Run> run = service_->Start(request);
  ASSERT_OK(run);
  EXPECT_THAT(run->class_names(), ::testing::ElementsAre("ape", "bee", "cat", "dog"));
}

TEST_F(RunAdmissionTest, ARecipeThatMeansAnotherDatasetIsRefused) {
  const std::string other(64, 'a');
  EXPECT_THAT(StartWith("data.dataset_sha256", "\"" + other + "\""),
              StatusIs(absl::StatusCode::kFailedPrecondition, "got " + other));
}

// Knows one version, which fits every network.
class OneVersion : public WeightsSource {
 public:
  absl::Status Resolve(v1::Recipe& recipe) const override {
    v1::InitialWeights& weights = *recipe.mutable_initial_weights();
    if (weights.model() != "tiny@production") return absl::FailedPreconditionError("unknown");
    weights.set_model("tiny@3");
    return absl::OkStatus();
  }
  std::string PathOf(const v1::InitialWeights& weights) const override {
    return "/models/" + weights.model();
  }
};

TEST_F(RunAdmissionTest, InitialWeightsAreResolvedOnceAndTheirFileIsTheWorkers) {
  const OneVersion version;
  weights_ = &version;
  Restart();
  v1::StartTrainingRequest request = Request();
  request.set_recipe_text(request.recipe_text() + "initial_weights { model: 'tiny@production' }");
  const absl::StatusOr<v1::Run> run = service_->Start(request);
  ASSERT_OK(run);
  EXPECT_EQ(run->recipe().initial_weights().model(), "tiny@3");
  const auto assignment = service_->OnWorkerHello({run->id(), 1}, 4711);
  ASSERT_OK(assignment);
  EXPECT_EQ(assignment->initial_weights_path(), "/models/tiny@3");

  request.set_recipe_text(Request().recipe_text() + "initial_weights { model: 'tiny@9' }");
  EXPECT_THAT(service_->Start(request), StatusIs(absl::StatusCode::kFailedPrecondition, "unknown"));
}

TEST_F(RunAdmissionTest, InitialWeightsAreRefusedWhereThereAreNone) {
  v1::StartTrainingRequest request = Request();
  request.set_recipe_text(request.recipe_text() + "initial_weights { model: 'tiny@3' }");
  EXPECT_THAT(service_->Start(request),
              StatusIs(absl::StatusCode::kFailedPrecondition, "initial_weights: expected none"));
}

TEST_F(RunAdmissionTest, StandardizeBecomesTheNumbersOfTheTrainingSplit) {
  v1::StartTrainingRequest request = Request();
  v1::Override& change = *request.add_overrides();
  change.set_path("data.standardize");
  change.set_value("true");
  const absl::StatusOr<v1::Run> run = service_->Start(request);
  ASSERT_OK(run);
  const v1::Data& data = run->recipe().data();
  EXPECT_FALSE(data.standardize());
  // Every pixel of the fixture's images is an x.
  ASSERT_EQ(data.normalization().mean_size(), 1);
  EXPECT_DOUBLE_EQ(data.normalization().mean(0), 'x' / 255.0);
  EXPECT_EQ(data.normalization().standard_deviation(0), 1);
}

TEST_F(RunAdmissionTest, ATraceOfMoreStepsThanAreKeptIsRefusedByTheRowsOfTheDataset) {
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_trace(true);
  EXPECT_OK(service_->Start(request));
  // 10000 epochs of 4 steps, each of 4 + 2 * 650 + 5 * 139 numbers of 8 bytes, are few enough; of
  // 20 steps they are not.
  v1::Override& change = *request.add_overrides();
  change.set_path("epoch_count");
  change.set_value("10000");
  EXPECT_OK(service_->Start(request));
  v1::Override& batch = *request.add_overrides();
  batch.set_path("batch_size");
  batch.set_value("1");
  EXPECT_THAT(service_->Start(request),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "execution.trace: expected a trace of at most 1073741824 bytes"));
}

TEST_F(RunAdmissionTest, TooFewOutputsForTheClassesAreRefused) {
  EXPECT_THAT(
      StartWith("network.layers[1].linear.out_features", "3"),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "tiny:train: the last layer: expected an output for each of 4 classes, got 3"));
}

}  // namespace
}  // namespace traind
