#include "server/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"
#include "server/default_paths.h"
#include "server/version.h"

namespace traind {
namespace {

// Every option that the environment can set, without its dashes.
constexpr const char* kEnvironmentOptions[] = {
    "listen",        "metrics-listen",  "data-dir",          "datasets-dir",   "recipes-dir",
    "worker",        "predict-threads", "predict-precision", "predict-device", "pin",
    "address-file",  "tls-cert",        "tls-key",           "tls-client-ca",  "token-file",
    "insecure",      "log-format",      "log-level",         "shutdown-grace", "metrics-linger",
    "keep-runs",     "train-slots",     "train-cores",       "data-limit",     "dataset-limit",
    "allow-modules", "config"};

// `TRAIND_DATA_DIR` for `data-dir`.
std::string EnvironmentName(const std::string& option) {
  return absl::StrCat("TRAIND_", absl::AsciiStrToUpper(absl::StrReplaceAll(option, {{"-", "_"}})));
}

// The environment as arguments. They go before the command line, whose options
// win by coming last, and so above the file, which fills only what nothing has set.
std::vector<std::string> EnvironmentArguments() {
  std::vector<std::string> arguments;
  for (const std::string option : kEnvironmentOptions) {
    const char* const value = std::getenv(EnvironmentName(option).c_str());
    if (value != nullptr && *value != '\0') {
      arguments.push_back(absl::StrCat("--", option, "=", value));
    }
  }
  return arguments;
}

void AddAddressOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--listen", options.listen, "gRPC address; port 0 picks a free one")
      ->capture_default_str();
  app.add_option("--metrics-listen", options.metrics_listen,
                 "Prometheus address, or `off`; port 0 picks a free one")
      ->capture_default_str();
  app.add_option("--address-file", options.address_file,
                 "File to write the chosen addresses to, while serving");
  app.add_option("--tls-cert", options.tls_cert, "PEM file with the certificate chain");
  app.add_option("--tls-key", options.tls_key, "PEM file with the private key");
  app.add_option("--tls-client-ca", options.tls_client_ca,
                 "PEM file with the CA that clients' certificates must be signed by");
  app.add_option("--token-file", options.token_file,
                 "File with the token that calls must carry as `authorization: Bearer TOKEN`");
  app.add_flag("--insecure", options.insecure, "Allow plaintext beyond loopback");
}

void AddPathOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--data-dir", options.data_dir, "Folder of runs, checkpoints and models")
      ->default_str(DefaultDataDirectory());
  app.add_option("--datasets-dir", options.datasets_dir, "Folder of datasets")
      ->default_str("<data-dir>/datasets");
  app.add_option("--recipes-dir", options.recipes_dir, "Folder of recipes")
      ->default_str(DefaultRecipesDirectory());
  app.add_option("--worker", options.worker, "Executable of the workers")
      ->default_str(DefaultWorker());
}

// Options that are durations, as CLI11 reads them.
struct Seconds {
  double shutdown_grace;
  double metrics_linger;
};

void AddRetentionOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--keep-runs", options.keep_runs,
                 "Ended runs to keep; the oldest beyond them are deleted; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--data-limit", options.data_limit_bytes,
                 "What runs may occupy on disk, such as 50GB, before the oldest ended ones are "
                 "deleted; 0: no limit; published models are not counted")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->default_str("0");
  app.add_option("--dataset-limit", options.dataset_limit_bytes,
                 "What datasets that were pushed may occupy on disk, such as 50GB; 0: no limit")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->default_str("100GB");
}

void AddBehaviourOptions(ServerOptions& options, Seconds& seconds, CLI::App& app) {
  app.add_option("--train-slots", options.train_slots,
                 "Runs that train on the CPU at once; each gets its share of the cores")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--train-cores", options.train_cores,
                 "Cores that these runs share out; 0: all; the others are left to predictions")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  app.add_option("--predict-threads", options.predict_threads,
                 "Threads that compute predictions (0: one for each core, at most 16; 4 on a GPU)")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--predict-precision", options.predict_precision,
                 "Numbers that predictions are computed with: fp32 or bf16")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->capture_default_str();
  app.add_option("--predict-device", options.predict_device,
                 "Device that computes predictions: cpu, cuda:N, or auto: the first GPU, else cpu")
      ->capture_default_str();
  app.add_option("--pin", options.pin,
                 "Models to load at the start and keep loaded, such as s4,t5; those with an alias "
                 "production always are");
  app.add_flag("--allow-modules", options.allow_modules,
               "Run modules: code that whoever may call the server can push; it runs in workers");
  app.add_option("--log-format", options.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--metrics-linger", seconds.metrics_linger,
                 "How long a run's metrics stay after its end: seconds, or with a unit s, m or h")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}},
                                CLI::AsNumberWithUnit::CASE_SENSITIVE, "SECONDS"))
      ->check(CLI::Range(0.0, 86400.0))
      ->default_str("5m");
  app.add_option("--shutdown-grace", seconds.shutdown_grace, "Seconds that a shutdown may take")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
}

// CLI11's messages may span lines; ours must not.
absl::Status UsageError(const CLI::Error& error) {
  const std::vector<std::string> lines = absl::StrSplit(error.what(), '\n', absl::SkipWhitespace());
  std::string what = lines.empty() ? "bad command line" : lines.front();
  // CLI11 calls every file INI and does not say what is wrong with the key.
  absl::StrReplaceAll({{"INI was not able to parse", "no option is called"}}, &what);
  const bool about_file = error.get_name() == "FileError" || error.get_name() == "ConfigError";
  if (about_file) what = absl::StrCat("--config: ", what);
  return absl::InvalidArgumentError(absl::StrCat(what, " (see traind --help)"));
}

absl::Status CheckAddress(absl::string_view option, const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  const bool well_formed = colon != std::string::npos && colon > 0 &&
                           absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 0 &&
                           port <= 65535;
  if (well_formed) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": expected host:port such as 127.0.0.1:50051, got \"", address, "\""));
}

absl::Status CheckDevice(absl::string_view option, const std::string& device) {
  absl::string_view index = device;
  int number = -1;
  if (device == "cpu" || device == "auto" ||
      (absl::ConsumePrefix(&index, "cuda:") && absl::SimpleAtoi(index, &number) && number >= 0)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": expected cpu, cuda:N or auto, got \"", device, "\""));
}

bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host == "[::1]" || host == "::1" || absl::StartsWith(host, "127.");
}

void FillDefaults(ServerOptions& options) {
  if (options.data_dir.empty()) options.data_dir = DefaultDataDirectory();
  if (options.datasets_dir.empty()) options.datasets_dir = options.data_dir + "/datasets";
  if (options.recipes_dir.empty()) options.recipes_dir = DefaultRecipesDirectory();
  if (options.worker.empty()) options.worker = DefaultWorker();
  if (options.metrics_listen == "off") options.metrics_listen.clear();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  Seconds seconds = {absl::ToDoubleSeconds(line.options.shutdown_grace),
                     absl::ToDoubleSeconds(line.options.metrics_linger)};
  CLI::App app("traind trains LibTorch models and serves them over gRPC.", "traind");
  app.footer(
      "Each option can also be set by the environment, such as TRAIND_DATA_DIR for --data-dir,\n"
      "or in the file of --config. A flag wins over the environment, that over the file.");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.set_version_flag("--version", absl::StrCat("traind ", kVersion));
  app.set_config("--config", "", "TOML file with options, such as `data-dir = \"/srv/traind\"`");
  app.allow_config_extras(false);
  AddAddressOptions(line.options, app);
  AddPathOptions(line.options, app);
  AddRetentionOptions(line.options, app);
  AddBehaviourOptions(line.options, seconds, app);

  std::vector<std::string> arguments = EnvironmentArguments();
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  // CLI11 takes them last to first.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    line.text = absl::StrCat(app.help(), "\n");
    return line;
  } catch (const CLI::CallForVersion&) {
    line.text = absl::StrCat("traind ", kVersion, "\n");
    return line;
  } catch (const CLI::Error& error) {
    return UsageError(error);
  }
  line.options.shutdown_grace = absl::Seconds(seconds.shutdown_grace);
  line.options.metrics_linger = absl::Seconds(seconds.metrics_linger);
  FillDefaults(line.options);
  RETURN_IF_ERROR(ValidateOptions(line.options));
  return line;
}

absl::Status ValidateOptions(const ServerOptions& options) {
  RETURN_IF_ERROR(CheckAddress("--listen", options.listen));
  if (!options.metrics_listen.empty()) {
    RETURN_IF_ERROR(CheckAddress("--metrics-listen", options.metrics_listen));
  }
  RETURN_IF_ERROR(CheckDevice("--predict-device", options.predict_device));
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return absl::InvalidArgumentError(
        "--tls-cert and --tls-key belong together: expected both or none");
  }
  if (!options.tls_client_ca.empty() && options.tls_cert.empty()) {
    return absl::InvalidArgumentError("--tls-client-ca needs --tls-cert and --tls-key");
  }
  if (options.tls_cert.empty() && !options.insecure && !IsLoopback(options.listen)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen ", options.listen,
        " reaches beyond this machine without TLS; give --tls-cert and --tls-key, or --insecure "
        "to accept that everybody can read and call"));
  }
  return absl::OkStatus();
}

absl::Status CheckTrainCores(int train_slots, int train_cores, int core_count) {
  if (train_cores > core_count) {
    return absl::InvalidArgumentError(absl::StrCat("--train-cores: expected at most ", core_count,
                                                   ", the cores of this machine, or 0 for all "
                                                   "of them, got ",
                                                   train_cores));
  }
  const int cores = train_cores > 0 ? train_cores : core_count;
  if (train_slots <= cores) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--train-slots: expected at most ", cores,
                   ", as each run needs a core of those that trainings share out, got ",
                   train_slots, "; give fewer slots or more --train-cores"));
}

absl::StatusOr<int> ResolvePredictThreads(int predict_threads, absl::string_view device,
                                          int core_count) {
  constexpr int kDefaultMax = 16;
  constexpr int kGpuDefaultMax = 4;
  const int most = std::max(1, core_count / kThreadsPerPrediction);
  if (predict_threads == 0) return std::min(most, device == "cpu" ? kDefaultMax : kGpuDefaultMax);
  if (predict_threads <= most) return predict_threads;
  return absl::InvalidArgumentError(
      absl::StrCat("--predict-threads: ", predict_threads, " executor threads with ",
                   kThreadsPerPrediction, " thread per prediction are more than the ", core_count,
                   core_count == 1 ? " core" : " cores", " of this machine; give at most ", most));
}

}  // namespace traind
