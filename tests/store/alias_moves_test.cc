// Aliases that move while predictions run, over the store of files.

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "server/serving/model_catalog.h"
#include "server/serving/predict_service.h"
#include "server/store/file_model_store.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

constexpr int kMoves = 100;
constexpr int kClients = 3;

TEST(AliasMovesTest, AHundredMovesUnderLoadFailNoRequestAndAskNoVersionThatWasNeverLive) {
  const TempDirectory directory;
  const std::string source = directory.Path("epoch-00001");
  WriteFile(source + "/model.safetensors", "weights");
  const auto store = FileModelStore::Open(directory.Path("models"));
  ASSERT_OK(store);
  for (const char* run_id : {"two-1", "two-2", "two-3"}) {
    v1::ModelVersion description = TwoClassVersion(0);
    description.set_run_id(run_id);
    ASSERT_OK((*store)->Publish(description, source));
  }
  FakeExecution execution;
  FakeExecutorLoader loader(execution);
  const FakeClock clock;
  ModelCatalog catalog(**store, nullptr, clock);
  const auto promote = [&catalog](int64_t version) {
    v1::SetModelAliasRequest request;
    request.set_model("two");
    request.set_alias("production");
    request.set_version(version);
    EXPECT_OK(catalog.SetAlias(request));
  };
  promote(1);  // version 3, the newest, is never live
  PredictService::Options options;
  options.thread_count = 2;
  PredictService service(options, **store, loader, nullptr, clock);

  std::atomic<bool> over = false;
  std::atomic<int> answers[4] = {};
  std::atomic<int> errors = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&] {
      const std::vector<int64_t> shape = {1, 1, 1, 2};
      const std::string bytes(8, '\0');
      while (!over) {
        PredictCall call;
        call.model = "two";
        call.deadline = absl::InfiniteDuration();
        call.inputs = {{"x", v1::DATA_TYPE_FP32, shape, bytes}};
        call.is_cancelled = [] { return false; };
        absl::Notification answered;
        service.Predict(std::move(call), [&](const absl::StatusOr<Predicted>& predicted) {
          errors += !predicted.ok();
          if (predicted.ok()) ++answers[predicted->version->version()];
          answered.Notify();
        });
        answered.WaitForNotification();
      }
    });
  }
  for (int move = 0; move < kMoves; ++move) {
    // Each move meets requests.
    const int before = answers[1] + answers[2] + errors;
    while (answers[1] + answers[2] + errors < before + 10 && errors == 0) std::this_thread::yield();
    promote(1 + (move + 1) % 2);
  }
  over = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(errors, 0);
  EXPECT_GT(answers[1], kMoves);
  EXPECT_GT(answers[2], kMoves);
  EXPECT_EQ(answers[3], 0);
}

}  // namespace
}  // namespace traind
