#include "server/workers/serving_link.h"

#include <thread>

#include "server/worker_link/run_message.h"
#include "server/worker_link/serving_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/scripted_executors.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

// Both ends of the line, in one process.
class ServingLinkTest : public testing::Test {
 protected:
  void Start(Limits limits = {}) {
    auto server =
        ServingServer::Start({.socket_path = directory_.Path("w.sock"),
                              .thread_count = 2,
                              .device_works = [this] { return script_.device_works.load(); }},
                             loader_);
    ASSERT_OK(server);
    server_ = *std::move(server);
    link_ =
        std::make_unique<ServingLink>(ServingLink::Options{.socket_path = directory_.Path("w.sock"),
                                                           .device = "cpu",
                                                           .lane_count = 2,
                                                           .limits = limits,
                                                           .on_change = [this] { ++changes_; }});
  }
  // No test leaves a thread of the server in a batch.
  ~ServingLinkTest() override {
    if (!script_.release.HasBeenNotified()) script_.release.Notify();
  }

  int64_t Load(const std::string& model, int64_t number = 1) {
    const auto loaded = link_->Load(ScriptedVersion(model, number), "/models/x");
    EXPECT_OK(loaded);
    return loaded.ok() ? loaded->handle : 0;
  }
  absl::StatusOr<Prediction> Run(int64_t handle) { return link_->Run(handle, {Row(1, 2)}, 1); }

  TempDirectory directory_;
  Script script_;
  ScriptedLoader loader_{script_};
  std::atomic<int> changes_ = 0;
  std::unique_ptr<ServingServer> server_;
  std::unique_ptr<ServingLink> link_;
};

TEST_F(ServingLinkTest, ABatchOfSeveralPiecesComesBackAsAPrediction) {
  Start();
  const auto loaded = link_->Load(ScriptedVersion("sum", 7), "/models/sum/7");
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->memory_bytes, 1007);
  const auto prediction =
      link_->Run(loaded->handle, {Row(1, 2), Row(3, 4) + Row(5, 6), Row(-1, 0.5)}, 4);
  ASSERT_OK(prediction);
  EXPECT_EQ(prediction->row_count, 4);
  EXPECT_EQ(prediction->class_count, 2);
  EXPECT_THAT(prediction->classes, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(prediction->logits, ElementsAre(3, 7, 7, 7, 11, 7, -0.5, 7));
  EXPECT_THAT(prediction->probabilities,
              ElementsAre(0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75));
  EXPECT_EQ(prediction->times.infer, absl::Nanoseconds(2));
  EXPECT_EQ(prediction->times.output, absl::Nanoseconds(3));
  // The way there and back is part of it.
  EXPECT_GT(prediction->times.input, absl::Microseconds(1));
}

TEST_F(ServingLinkTest, ABatchOfManyMegabytesArrivesWhole) {
  Start();
  const int64_t handle = Load("sum");
  constexpr int64_t kRows = 2 << 20;  // 16 MiB, past gRPC's default of 4
  std::string rows;
  for (int64_t row = 0; row < kRows; ++row) rows += Row(static_cast<float>(row), 1);
  const auto prediction = link_->Run(handle, {rows}, kRows);
  ASSERT_OK(prediction);
  ASSERT_EQ(prediction->logits.size(), 2 * kRows);
  EXPECT_EQ(prediction->logits[0], 1);
  EXPECT_EQ(prediction->logits[2 * 100'000], 100'001);
  EXPECT_EQ(prediction->logits[2 * (kRows - 1)], kRows);
}

TEST_F(ServingLinkTest, ErrorsKeepTheirCodeAndText) {
  Start();
  EXPECT_THAT(link_->Load(ScriptedVersion("refused"), "/models/r"),
              StatusIs(absl::StatusCode::kDataLoss, "/models/r is damaged"));
  EXPECT_THAT(Run(Load("fault")), StatusIs(absl::StatusCode::kInternal, "CUDA error: assert"));
  EXPECT_THAT(Run(77), StatusIs(absl::StatusCode::kNotFound, "no version is loaded as 77"));
  EXPECT_EQ(link_->broken(), "");
}

TEST_F(ServingLinkTest, AnUnloadedVersionIsGoneInTheProcess) {
  Start();
  const int64_t first = Load("sum", 1);
  const int64_t second = Load("sum", 2);
  link_->Unload(first);
  EXPECT_EQ(script_.alive, 1);
  EXPECT_EQ(changes_, 1);
  EXPECT_THAT(Run(first), StatusIs(absl::StatusCode::kNotFound, "no version"));
  EXPECT_OK(Run(second));
  ASSERT_EQ(link_->loaded().size(), 1u);
  EXPECT_EQ(link_->loaded()[0].version, 2);
}

TEST_F(ServingLinkTest, ALostDeviceIsUnavailableAndEndsTheServersWait) {
  Start();
  const int64_t handle = Load("lost");
  EXPECT_THAT(Run(handle), StatusIs(absl::StatusCode::kUnavailable,
                                    "the device has failed: CUDA error: assert"));
  server_->WaitForLostDevice();
}

TEST_F(ServingLinkTest, BatchesRunAtTheSameTime) {
  Start();
  const int64_t handle = Load("meeting");
  std::thread other([&] { EXPECT_OK(Run(handle)); });
  EXPECT_OK(Run(handle));
  other.join();
}

TEST_F(ServingLinkTest, ACheckIsAnsweredWhileABatchRuns) {
  Start();
  const int64_t handle = Load("stuck");
  std::thread runner([&] { EXPECT_OK(Run(handle)); });
  script_.stuck.WaitForNotification();
  EXPECT_OK(link_->Check(absl::Seconds(20)));
  script_.release.Notify();
  runner.join();
}

TEST_F(ServingLinkTest, ABatchThatTakesTooLongBreaksTheLink) {
  Limits limits;
  limits.serving_run_timeout = absl::Milliseconds(20);
  Start(limits);
  const int64_t handle = Load("stuck");
  EXPECT_THAT(Run(handle), StatusIs(absl::StatusCode::kUnavailable,
                                    "was lost (it had not run a batch within 20ms)"));
  EXPECT_EQ(link_->broken(), "it had not run a batch within 20ms");
  EXPECT_EQ(changes_, 1);
}

TEST_F(ServingLinkTest, ABreakEndsWhatIsUnderWayAndRefusesTheRest) {
  Start();
  const int64_t handle = Load("stuck");
  std::thread runner(
      [&] { EXPECT_THAT(Run(handle), StatusIs(absl::StatusCode::kUnavailable, "(a test)")); });
  script_.stuck.WaitForNotification();
  link_->Break("a test");
  runner.join();
  EXPECT_THAT(Run(handle), StatusIs(absl::StatusCode::kUnavailable, "(a test)"));
  EXPECT_THAT(link_->Load(ScriptedVersion("sum"), "/models/x"),
              StatusIs(absl::StatusCode::kUnavailable, "(a test)"));
  // What was lost can still be told.
  EXPECT_EQ(link_->loaded().size(), 1u);
}

TEST(RunMessage, OtherBytesAreRefused) {
  const grpc::Slice texts[] = {grpc::Slice("no protobuf"), grpc::Slice("\x1a\x7f short")};
  for (const grpc::Slice& text : texts) {
    grpc::ByteBuffer buffer(&text, 1);
    EXPECT_THAT(ReadRunMessage(buffer),
                StatusIs(absl::StatusCode::kInvalidArgument, "expected a RunRequest"));
  }
}

TEST(RunMessage, ReadsWhatProtobufWrites) {
  worker::v1::RunRequest request;
  request.set_handle(300);
  request.set_row_count(2);
  request.set_inputs(std::string(100, 'a') + std::string(100, 'b'));
  const std::string bytes = request.SerializeAsString();
  const grpc::Slice slices[] = {grpc::Slice(bytes.substr(0, bytes.size() - 100)),
                                grpc::Slice(bytes.substr(bytes.size() - 100))};
  grpc::ByteBuffer buffer(slices, 2);
  const auto message = ReadRunMessage(buffer);
  ASSERT_OK(message);
  EXPECT_EQ(message->handle, 300);
  EXPECT_EQ(message->row_count, 2);
  // Where they lie, cut where they were cut.
  EXPECT_THAT(message->inputs, ElementsAre(std::string(100, 'a'), std::string(100, 'b')));
}

}  // namespace
}  // namespace traind
