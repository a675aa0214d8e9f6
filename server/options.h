#ifndef TRAIND_SERVER_OPTIONS_H_
#define TRAIND_SERVER_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace traind {

// How a server is to run. The defaults that depend on the machine are filled in
// by ParseCommandLine.
struct ServerOptions {
  // `host:port`; port 0 picks a free one.
  std::string listen = "127.0.0.1:50051";
  // The same for Prometheus; empty: off.
  std::string metrics_listen = "127.0.0.1:9464";
  // Runs that have ended and are kept; the oldest beyond them are deleted. 0: all.
  int keep_runs = 10000;
  // What runs may occupy on disk before the oldest ended ones are deleted. 0: no limit.
  int64_t data_limit_bytes = 0;
  // What datasets that were pushed, and pushes, may occupy together. 0: no limit.
  int64_t dataset_limit_bytes = 100'000'000'000;
  // How long the series of a run stay after its end.
  absl::Duration metrics_linger = absl::Minutes(5);
  std::string data_dir;
  std::string datasets_dir;
  std::string recipes_dir;
  // The worker's executable.
  std::string worker;
  // Runs that train on the CPU at once.
  int train_slots = 1;
  // Cores that they share out; 0: all.
  int train_cores = 0;
  // Threads that compute predictions, each one batch at a time; 0: as many as
  // ResolvePredictThreads says.
  int predict_threads = 0;
  // `fp32` or `bf16`.
  std::string predict_precision = "fp32";
  // Where predictions are computed: `cpu`, `cuda:N`, or `auto`: the first GPU, else `cpu`.
  std::string predict_device = "cpu";
  // Models whose versions in use are loaded at the start and stay loaded, besides those
  // with an alias `production`: `MODEL,MODEL`.
  std::string pin;
  // Computes them in a process of its own also on the CPU, as always on a GPU. No flag
  // sets it: for tests where there is no GPU.
  bool predict_apart = false;
  // Runs modules, which are code that users push, in workers.
  bool allow_modules = false;
  // Written once the server serves, removed when it stops; empty: none.
  std::string address_file;
  // PEM files; all empty: plaintext.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  // File that holds the bearer token; empty: everybody may call.
  std::string token_file;
  // Allows plaintext beyond loopback.
  bool insecure = false;
  // `text` or `json`.
  std::string log_format = "text";
  // `debug`, `info`, `warning` or `error`.
  std::string log_level = "info";
  // What a shutdown may take.
  absl::Duration shutdown_grace = absl::Seconds(20);
};

// What a command line asks for.
struct CommandLine {
  ServerOptions options;
  // When not empty (--help, --version): print it and exit.
  std::string text;
};

// Reads the command line; each option is taken from, in this order: its flag,
// the environment (`TRAIND_DATA_DIR` for --data-dir), the file of --config
// (TOML), its default. INVALID_ARGUMENT is one line that names the option.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// Checks what the options mean: addresses and devices are well formed, TLS files come in
// pairs, and beyond loopback there is TLS or --insecure. INVALID_ARGUMENT.
absl::Status ValidateOptions(const ServerOptions& options);

// Threads that one prediction is spread over. A batch of one is done before a second
// thread has woken; more executor threads, not more threads in one, carry more load.
inline constexpr int kThreadsPerPrediction = 1;

// Checks that each slot has a core, and that there are as many as asked for (0: all of
// them). INVALID_ARGUMENT.
absl::Status CheckTrainCores(int train_slots, int train_cores, int core_count);

// What --predict-threads stands for on `device`: 0 is one for each core, at most 16; on a
// GPU, where each has copies of its own of what it computes with, at most 4.
// INVALID_ARGUMENT when predictions alone would ask for more than the cores.
absl::StatusOr<int> ResolvePredictThreads(int predict_threads, absl::string_view device,
                                          int core_count);

}  // namespace traind

#endif  // TRAIND_SERVER_OPTIONS_H_
