#include "server/options.h"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class OptionsTest : public ::testing::Test {
 protected:
  ~OptionsTest() override {
    for (const std::string& name : set_) unsetenv(name.c_str());
  }

  void SetEnvironment(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }

  static absl::StatusOr<CommandLine> Parse(std::vector<std::string> arguments) {
    std::vector<const char*> argv = {"traind"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
  }

  // The value of --data-dir by this command line.
  static std::string DataDir(std::vector<std::string> arguments) {
    const absl::StatusOr<CommandLine> line = Parse(std::move(arguments));
    EXPECT_OK(line);
    return line.ok() ? line->options.data_dir : "";
  }

  std::string ConfigFile(const std::string& content) {
    const std::string path = directory_.Path("traind.toml");
    WriteFile(path, content);
    return path;
  }

  TempDirectory directory_;
  std::vector<std::string> set_;
};

TEST_F(OptionsTest, ModelsCanBePinned) {
  EXPECT_EQ(Parse({})->options.pin, "");
  EXPECT_EQ(Parse({"--pin", "s4,t5"})->options.pin, "s4,t5");
  SetEnvironment("TRAIND_PIN", "s4");
  EXPECT_EQ(Parse({})->options.pin, "s4");
}

TEST_F(OptionsTest, WhatIsKeptOfRunsCanBeLimited) {
  EXPECT_EQ(Parse({})->options.keep_runs, 10000);
  EXPECT_EQ(Parse({})->options.data_limit_bytes, 0);
  EXPECT_EQ(Parse({"--keep-runs", "50"})->options.keep_runs, 50);
  EXPECT_EQ(Parse({"--data-limit", "50GB"})->options.data_limit_bytes, 50'000'000'000);
  EXPECT_EQ(Parse({"--data-limit", "2GiB"})->options.data_limit_bytes, int64_t{2} << 30);
  EXPECT_THAT(Parse({"--keep-runs", "-1"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "--keep-runs"));
  EXPECT_THAT(Parse({"--data-limit", "much"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "--data-limit"));
}

TEST_F(OptionsTest, DefaultsServeThisMachineAlone) {
  const absl::StatusOr<CommandLine> line = Parse({});
  ASSERT_OK(line);
  EXPECT_EQ(line->options.listen, "127.0.0.1:50051");
  EXPECT_EQ(line->options.metrics_listen, "127.0.0.1:9464");
  EXPECT_EQ(line->options.shutdown_grace, absl::Seconds(20));
  EXPECT_EQ(line->options.train_slots, 1);
  EXPECT_EQ(line->options.train_cores, 0);
  EXPECT_EQ(line->options.predict_threads, 0);
  EXPECT_FALSE(line->options.allow_modules);
  EXPECT_EQ(line->options.predict_precision, "fp32");
  EXPECT_TRUE(absl::EndsWith(line->options.worker, "/traind-worker"));
  EXPECT_TRUE(absl::EndsWith(line->options.recipes_dir, "/share/traind/recipes"));
}

TEST_F(OptionsTest, DatasetsAreInTheDataDirectoryUnlessToldOtherwise) {
  EXPECT_EQ(Parse({"--data-dir", "/srv"})->options.datasets_dir, "/srv/datasets");
  EXPECT_EQ(Parse({"--data-dir", "/srv", "--datasets-dir", "/d"})->options.datasets_dir, "/d");
}

TEST_F(OptionsTest, AFlagWinsOverTheEnvironmentThatOverTheFile) {
  const std::string config = ConfigFile("data-dir = \"/from-file\"\n");
  EXPECT_EQ(DataDir({"--config", config}), "/from-file");
  SetEnvironment("TRAIND_DATA_DIR", "/from-environment");
  EXPECT_EQ(DataDir({"--config", config}), "/from-environment");
  EXPECT_EQ(DataDir({"--config", config, "--data-dir", "/from-flag"}), "/from-flag");
}

TEST_F(OptionsTest, TheEnvironmentCanNameTheFile) {
  SetEnvironment("TRAIND_CONFIG", ConfigFile("predict-threads = 3\ninsecure = true\n"));
  const absl::StatusOr<CommandLine> line = Parse({});
  ASSERT_OK(line);
  EXPECT_EQ(line->options.predict_threads, 3);
  EXPECT_TRUE(line->options.insecure);
}

TEST_F(OptionsTest, EveryOptionHasItsEnvironmentVariable) {
  const std::map<std::string, std::string> values = {
      {"TRAIND_LISTEN", "127.0.0.1:1"},   {"TRAIND_METRICS_LISTEN", "127.0.0.1:2"},
      {"TRAIND_DATA_DIR", "/data"},       {"TRAIND_DATASETS_DIR", "/sets"},
      {"TRAIND_RECIPES_DIR", "/recipes"}, {"TRAIND_WORKER", "/worker"},
      {"TRAIND_PREDICT_THREADS", "5"},    {"TRAIND_ADDRESS_FILE", "/address"},
      {"TRAIND_TLS_CERT", "/cert"},       {"TRAIND_TLS_KEY", "/key"},
      {"TRAIND_TLS_CLIENT_CA", "/ca"},    {"TRAIND_TOKEN_FILE", "/token"},
      {"TRAIND_INSECURE", "true"},        {"TRAIND_LOG_FORMAT", "json"},
      {"TRAIND_LOG_LEVEL", "warning"},    {"TRAIND_SHUTDOWN_GRACE", "1.5"},
      {"TRAIND_METRICS_LINGER", "90s"},   {"TRAIND_TRAIN_SLOTS", "2"},
      {"TRAIND_TRAIN_CORES", "6"},        {"TRAIND_ALLOW_MODULES", "true"},
  };
  for (const auto& [name, value] : values) SetEnvironment(name, value);
  const absl::StatusOr<CommandLine> line = Parse({});
  ASSERT_OK(line);
  const ServerOptions& options = line->options;
  EXPECT_EQ(options.listen, "127.0.0.1:1");
  EXPECT_EQ(options.metrics_listen, "127.0.0.1:2");
  EXPECT_EQ(options.data_dir, "/data");
  EXPECT_EQ(options.datasets_dir, "/sets");
  EXPECT_EQ(options.recipes_dir, "/recipes");
  EXPECT_EQ(options.worker, "/worker");
  EXPECT_EQ(options.train_slots, 2);
  EXPECT_EQ(options.train_cores, 6);
  EXPECT_TRUE(options.allow_modules);
  EXPECT_EQ(options.predict_threads, 5);
  EXPECT_EQ(options.address_file, "/address");
  EXPECT_EQ(options.tls_cert, "/cert");
  EXPECT_EQ(options.tls_key, "/key");
  EXPECT_EQ(options.tls_client_ca, "/ca");
  EXPECT_EQ(options.token_file, "/token");
  EXPECT_TRUE(options.insecure);
  EXPECT_EQ(options.log_format, "json");
  EXPECT_EQ(options.log_level, "warning");
  EXPECT_EQ(options.shutdown_grace, absl::Milliseconds(1500));
  EXPECT_EQ(options.metrics_linger, absl::Seconds(90));
}

TEST_F(OptionsTest, MetricsCanBeOff) {
  EXPECT_EQ(Parse({"--metrics-listen", "off"})->options.metrics_listen, "");
}

TEST_F(OptionsTest, MetricsLingerForSecondsOrWithAUnit) {
  EXPECT_EQ(Parse({})->options.metrics_linger, absl::Minutes(5));
  EXPECT_EQ(Parse({"--metrics-linger", "0"})->options.metrics_linger, absl::ZeroDuration());
  EXPECT_EQ(Parse({"--metrics-linger", "30"})->options.metrics_linger, absl::Seconds(30));
  EXPECT_EQ(Parse({"--metrics-linger", "2m"})->options.metrics_linger, absl::Minutes(2));
  EXPECT_EQ(Parse({"--metrics-linger", "1.5h"})->options.metrics_linger, absl::Minutes(90));
  const std::string config = ConfigFile("metrics-linger = \"10m\"\n");
  EXPECT_EQ(Parse({"--config", config})->options.metrics_linger, absl::Minutes(10));
}

TEST_F(OptionsTest, HelpAndVersionAreTextToPrint) {
  EXPECT_THAT(Parse({"--help"})->text, HasSubstr("--data-dir"));
  EXPECT_THAT(Parse({"--version"})->text, StartsWith("traind "));
}

TEST_F(OptionsTest, ABadValueIsOneLineThatNamesTheOption) {
  const struct {
    std::vector<std::string> arguments;
    const char* message;
  } cases[] = {
      {{"--lisen", "x"}, "--lisen"},
      {{"extra"}, "extra"},
      {{"--listen"}, "--listen: 1 required"},
      {{"--listen", "localhost"}, "--listen: expected host:port such as 127.0.0.1:50051"},
      {{"--listen", "127.0.0.1:65536"}, "--listen: expected host:port"},
      {{"--metrics-listen", "9464"}, "--metrics-listen: expected host:port"},
      {{"--train-slots", "0"}, "--train-slots: Value 0 not in range"},
      {{"--train-cores", "-1"}, "--train-cores: Value -1 not in range"},
      {{"--predict-threads", "-1"}, "--predict-threads: Value -1 not in range"},
      {{"--predict-threads", "two"}, "--predict-threads: Value two"},
      {{"--predict-precision", "fp16"}, "--predict-precision: fp16 not in {fp32,bf16}"},
      {{"--predict-device", "gpu"}, "--predict-device: expected cpu, cuda:N or auto, got \"gpu\""},
      {{"--predict-device", "cuda:-1"}, "--predict-device: expected"},
      {{"--predict-device", "cuda:"}, "--predict-device: expected"},
      {{"--shutdown-grace", "-1"}, "--shutdown-grace: Value -1 not in range"},
      {{"--metrics-linger", "-1"}, "--metrics-linger: Value -1 not in range"},
      {{"--metrics-linger", "25h"}, "--metrics-linger: Value 90000"},
      {{"--metrics-linger", "5d"}, "--metrics-linger"},
      {{"--metrics-linger", "soon"}, "--metrics-linger"},
      {{"--log-format", "xml"}, "--log-format: xml not in {text,json}"},
      {{"--log-level", "loud"}, "--log-level: loud not in"},
      {{"--insecure=maybe"}, "--insecure"},
      {{"--config", "/nowhere.toml"}, "--config: /nowhere.toml"},
      {{"--tls-cert", "c"}, "--tls-cert and --tls-key belong together"},
      {{"--tls-client-ca", "c"}, "--tls-client-ca needs --tls-cert"},
  };
  for (const auto& bad : cases) {
    const absl::Status status = Parse(bad.arguments).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, bad.message));
    EXPECT_EQ(status.message().find('\n'), absl::string_view::npos) << status;
  }
}

TEST_F(OptionsTest, AnUnknownKeyInTheFileIsNamed) {
  EXPECT_THAT(Parse({"--config", ConfigFile("lisen = \"x\"\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument, "--config: no option is called lisen"));
}

TEST_F(OptionsTest, ABadValueInTheEnvironmentIsRefusedToo) {
  SetEnvironment("TRAIND_PREDICT_THREADS", "-1");
  EXPECT_THAT(Parse({}), StatusIs(absl::StatusCode::kInvalidArgument, "--predict-threads"));
}

TEST_F(OptionsTest, EachSlotOfTrainingsHasACore) {
  EXPECT_OK(CheckTrainCores(1, 0, 1));
  EXPECT_OK(CheckTrainCores(4, 0, 4));
  EXPECT_OK(CheckTrainCores(2, 2, 4));
  EXPECT_THAT(CheckTrainCores(5, 0, 4),
              StatusIs(absl::StatusCode::kInvalidArgument, "--train-slots: expected at most 4"));
  EXPECT_THAT(CheckTrainCores(3, 2, 4),
              StatusIs(absl::StatusCode::kInvalidArgument, "--train-slots: expected at most 2"));
  EXPECT_THAT(
      CheckTrainCores(1, 5, 4),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "--train-cores: expected at most 4, the cores of this machine, or 0 for all of "
               "them, got 5"));
}

TEST_F(OptionsTest, PredictionsDoNotAskForMoreThanTheCores) {
  EXPECT_EQ(ResolvePredictThreads(1, "cpu", 1).value(), 1);
  EXPECT_EQ(ResolvePredictThreads(4, "cpu", 4).value(), 4);
  EXPECT_THAT(ResolvePredictThreads(5, "cpu", 4),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "--predict-threads: 5 executor threads with 1 thread per prediction are "
                       "more than the 4 cores of this machine; give at most 4"));
}

TEST_F(OptionsTest, PredictionsTakeAllCoresByDefaultAndFewOnAGpu) {
  EXPECT_EQ(ResolvePredictThreads(0, "cpu", 1).value(), 1);
  EXPECT_EQ(ResolvePredictThreads(0, "cpu", 2).value(), 2);
  EXPECT_EQ(ResolvePredictThreads(0, "cpu", 64).value(), 16);
  EXPECT_EQ(ResolvePredictThreads(0, "cuda:0", 16).value(), 4);
  EXPECT_EQ(ResolvePredictThreads(8, "cuda:0", 16).value(), 8);
}

TEST_F(OptionsTest, BeyondLoopbackThereIsTlsOrAnExplicitWish) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.168.1.2:50051", "gpu-box:50051"}) {
    EXPECT_THAT(Parse({"--listen", address}),
                StatusIs(absl::StatusCode::kInvalidArgument, "--insecure"))
        << address;
    EXPECT_OK(Parse({"--listen", address, "--insecure"}));
    EXPECT_OK(Parse({"--listen", address, "--tls-cert", "c", "--tls-key", "k"}));
  }
}

TEST_F(OptionsTest, LoopbackNeedsNoTls) {
  for (const char* address : {"127.0.0.1:0", "127.1.2.3:1", "localhost:1", "[::1]:1"}) {
    EXPECT_OK(Parse({"--listen", address})) << address;
  }
}

}  // namespace
}  // namespace traind
