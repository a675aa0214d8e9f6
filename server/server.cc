#include "server/server.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "server/address_file.h"
#include "server/base/clock.h"
#include "server/base/status_macros.h"
#include "server/logging.h"
#include "server/module_parts.h"
#include "server/predict_log.h"
#include "server/prediction_executors.h"
#include "server/process_log_control.h"
#include "server/rpc/grpc_log.h"
#include "server/rpc/rpc_methods.h"
#include "server/rpc/rpc_server.h"
#include "server/rpc_report.h"
#include "server/run_log.h"
#include "server/run_publisher.h"
#include "server/runs/event_log.h"
#include "server/runs/run_retention.h"
#include "server/runs/run_service.h"
#include "server/runs/timestamps.h"
#include "server/secrets.h"
#include "server/serving/model_catalog.h"
#include "server/serving/predict_service.h"
#include "server/serving/prediction_statistics.h"
#include "server/socket_directory.h"
#include "server/store/data_directory_lock.h"
#include "server/store/durable_files.h"
#include "server/store/file_checkpoint_store.h"
#include "server/store/file_dataset_store.h"
#include "server/store/file_disk_reserve.h"
#include "server/store/file_export_files.h"
#include "server/store/file_model_store.h"
#include "server/store/run_directories.h"
#include "server/store/sqlite_run_store.h"
#include "server/store/sqlite_sweep_store.h"
#include "server/stored_weights.h"
#include "server/sweeps/sweep_driver.h"
#include "server/sweeps/sweep_inbox.h"
#include "server/sweeps/sweep_service.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/metrics_endpoint.h"
#include "server/ticker.h"
#include "server/torch/device.h"
#include "server/torch/infer/torch_executor.h"
#include "server/torch/train/precision_choice.h"
#include "server/version.h"
#include "server/workers/device_probe.h"
#include "server/workers/import_process.h"
#include "server/workers/process_launcher.h"
#include "server/workers/sharing_launcher.h"
#include "server/workers/worker_server.h"

namespace traind {
namespace {

constexpr absl::Duration kDeviceProbeTimeout = absl::Seconds(30);
// What workers leave of a shutdown's grace to predictions and streams.
constexpr absl::Duration kEndpointsGrace = absl::Seconds(3);

std::string LogDirectory(const ServerOptions& options) { return options.data_dir + "/logs"; }

absl::Status CheckWorker(const std::string& worker) {
  if (access(worker.c_str(), X_OK) == 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("cannot run the worker ", worker, "; name its executable with --worker"));
}

int TrainCores(const ServerOptions& options) {
  return options.train_cores > 0 ? options.train_cores : ResolveThreadCount(0);
}

}  // namespace

// In order of construction: each part uses those above it and goes before them.
struct Server::Parts {
  ServerOptions options;
  Limits limits;
  const Clock& clock = RealClock();
  std::string runs_directory;
  std::vector<std::string> devices;
  Secrets secrets;

  std::unique_ptr<DataDirectoryLock> data_lock;
  std::unique_ptr<FileDiskReserve> reserve;
  std::unique_ptr<SqliteRunStore> run_store;
  std::unique_ptr<SqliteSweepStore> sweep_store;
  std::unique_ptr<RunDirectories> run_files;
  std::unique_ptr<FileExportFiles> export_files;
  std::unique_ptr<FileModelStore> models;
  RecipeCatalog recipes;
  std::unique_ptr<DatasetDirectory> datasets;
  std::unique_ptr<ImportProcess> importer;
  std::unique_ptr<FileDatasetStore> dataset_store;
  std::unique_ptr<ModuleParts> modules;
  RunLog run_log;
  SweepInbox sweep_inbox;
  ProcessLogControl log_control;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<EventLog> event_log;
  std::unique_ptr<RunPublisher> publisher;
  std::unique_ptr<StoredWeights> weights;
  std::unique_ptr<SocketDirectory> socket_directory;
  std::unique_ptr<SharingLauncher> launcher;
  std::unique_ptr<RunService> runs;
  std::unique_ptr<RunRetention> retention;
  std::unique_ptr<SweepService> sweeps;
  std::unique_ptr<WorkerServer> worker_server;
  std::unique_ptr<PredictionExecutors> executors;
  std::unique_ptr<PredictionStatistics> statistics;
  std::unique_ptr<PredictService> predicts;
  std::unique_ptr<ModelCatalog> catalog;
  std::unique_ptr<MetricsEndpoint> metrics_endpoint;
  std::unique_ptr<RpcReport> rpc_report;
  std::unique_ptr<RpcServer> rpc;
  std::unique_ptr<Ticker> ticker;
  std::unique_ptr<SweepDriver> sweep_driver;
  std::unique_ptr<AddressFile> address_file;

  std::string metrics_address;
  absl::Status probe_status;
  std::atomic<bool> serving = false;
  std::atomic<bool> hurried = false;
  bool shut_down = false;

  // Workers end while the run service can still be told, also after a failed start.
  ~Parts() {
    sweep_driver.reset();
    ticker.reset();
    if (importer != nullptr) importer->Shutdown();
    if (modules != nullptr) modules->inspector.Shutdown();
    if (launcher != nullptr) launcher->Shutdown();
    // Before the predictions that it would tell of its end.
    if (executors != nullptr) executors->Shutdown();
  }
  absl::Status OpenData();
  absl::Status BuildCore();
  absl::Status BuildPredicts();
  absl::Status StartLauncher();
  absl::Status BuildExecutors();
  absl::Status TakeOverRuns();
  absl::Status StartEndpoints();
  void LogStart() const;
  // What tells a worker how to log.
  std::vector<std::string> LogArguments() const;
  v1::ServerInfo Info() const;
  ServingState State() const;
};

absl::Status Server::Parts::OpenData() {
  ASSIGN_OR_RETURN(data_lock, DataDirectoryLock::Acquire(options.data_dir));
  runs_directory = options.data_dir + "/runs";
  RETURN_IF_ERROR(CreateDirectories(runs_directory));
  run_files = std::make_unique<RunDirectories>(
      std::vector<std::string>{runs_directory, LogDirectory(options)});
  export_files =
      std::make_unique<FileExportFiles>(runs_directory, options.data_dir + "/models", limits);
  RETURN_IF_ERROR(FileCheckpointStore::RemoveAllLeftovers(runs_directory));
  ASSIGN_OR_RETURN(run_store, SqliteRunStore::Open(options.data_dir + "/runs.sqlite"));
  ASSIGN_OR_RETURN(sweep_store, SqliteSweepStore::Open(options.data_dir + "/runs.sqlite"));
  ASSIGN_OR_RETURN(models, FileModelStore::Open(options.data_dir + "/models", limits));
  ASSIGN_OR_RETURN(recipes, RecipeCatalog::Load(options.recipes_dir));
  datasets = std::make_unique<DatasetDirectory>(options.datasets_dir);
  importer = std::make_unique<ImportProcess>(options.worker, limits.dataset_import_timeout);
  dataset_store = std::make_unique<FileDatasetStore>(
      FileDatasetStore::Options{options.dataset_limit_bytes, limits}, *datasets, *importer, clock);
  modules = std::make_unique<ModuleParts>(
      options, limits, *models, clock,
      [this](const v1::ModelVersion& version) { predicts->Preload(version.model()); });
  // Last: a full disk must not keep the server from starting, for there it can be cleared.
  reserve =
      std::make_unique<FileDiskReserve>(options.data_dir + "/reserve", limits.disk_reserve_bytes);
  return absl::OkStatus();
}

absl::Status Server::Parts::BuildCore() {
  Metrics::Options metrics_options;
  metrics_options.version = kVersion;
  metrics_options.torch_version = TorchVersion();
  metrics_options.run_linger = options.metrics_linger;
  metrics_options.predict_queue_limit = limits.predict_queue_max;
  metrics_options.data_directory = options.data_dir;
  metrics_options.predict_queue_depth = [this] { return predicts->queue_depth(); };
  metrics_options.serving_state = [this] { return State(); };
  metrics_options.worker_usage = [this] { return launcher->Usage(); };
  metrics_options.run_data_sizes = [this] {
    return RunDataSizes{run_store->SizeBytes(), retention->files_bytes(), reserve->held()};
  };
  metrics_options.rpc_methods = ListRpcMethods();
  metrics = std::make_unique<Metrics>(metrics_options, clock);
  event_log = std::make_unique<EventLog>(*run_store, limits);
  publisher = std::make_unique<RunPublisher>(
      *models, runs_directory, clock,
      [this](const v1::ModelVersion& version) { predicts->Preload(version.model()); });
  weights = std::make_unique<StoredWeights>(*models, options.datasets_dir);
  RETURN_IF_ERROR(StartLauncher());

  RunService::Options run_options;
  run_options.limits = limits;
  run_options.devices = devices;
  run_options.choose_precision = ChoosePrecision;
  run_options.cpu_slots = options.train_slots;
  run_options.cpu_cores = TrainCores(options);
  run_options.shared_attempts_max = limits.shared_attempts_max;
  run_options.runs_directory = runs_directory;
  runs = std::make_unique<RunService>(
      run_options, RunService::Collaborators{*run_store,
                                             *event_log,
                                             *launcher,
                                             *publisher,
                                             *run_files,
                                             *reserve,
                                             recipes,
                                             *datasets,
                                             {&run_log, metrics.get(), &sweep_inbox},
                                             clock,
                                             weights.get(),
                                             &modules->directory});
  retention =
      std::make_unique<RunRetention>(RetentionLimits{options.keep_runs, options.data_limit_bytes},
                                     *runs, *run_store, *run_files, clock);
  sweeps = std::make_unique<SweepService>(
      limits, SweepService::Collaborators{*sweep_store, *runs, recipes, sweep_inbox, clock});
  ASSIGN_OR_RETURN(worker_server, WorkerServer::Start({socket_directory->path(), limits}, *runs));

  return BuildPredicts();
}

absl::Status Server::Parts::BuildPredicts() {
  PredictService::Options predict_options;
  predict_options.limits = limits;
  predict_options.thread_start = [] { PrepareExecutorThread(kThreadsPerPrediction); };
  predict_options.pinned_models = absl::StrSplit(options.pin, ',', absl::SkipWhitespace());
  predict_options.on_state_change = [this](const ModelPool::Status& status) {
    metrics->OnModelState(status);
    LogFailedLoad(status);
  };
  predict_options.on_stuck = LogStuckExecution;
  RETURN_IF_ERROR(BuildExecutors());
  predict_options.thread_count = executors->thread_count();
  statistics = std::make_unique<PredictionStatistics>(limits, clock, metrics.get());
  predicts = std::make_unique<PredictService>(predict_options, *models, executors->loader(),
                                              statistics.get(), clock);
  catalog = std::make_unique<ModelCatalog>(*models, &predicts->pool(), clock, limits,
                                           [this](absl::string_view model, int64_t version) {
                                             return predicts->TroubleOf(model, version);
                                           });
  for (const std::string& model : predict_options.pinned_models) {
    LogAbsentPin(model, models->FindVersion(model, 0).status());
  }
  predicts->LoadVersionsInUse();
  return absl::OkStatus();
}

ServingState Server::Parts::State() const {
  ServingState state = predicts->State();
  state.is_ready = state.is_ready && serving;
  state.worker = executors->Usage();
  return state;
}

absl::Status Server::Parts::StartLauncher() {
  RETURN_IF_ERROR(CheckWorker(options.worker));
  DeviceProbe probe = ProbeDevices(options.worker, kDeviceProbeTimeout);
  devices = std::move(probe.devices);
  probe_status = std::move(probe.status);
  ASSIGN_OR_RETURN(socket_directory,
                   SocketDirectory::Choose(options.data_dir, WorkerServer::SocketPath("")));
  ProcessLauncher::Options launcher_options;
  launcher_options.worker_binary = options.worker;
  launcher_options.socket_path = WorkerServer::SocketPath(socket_directory->path());
  launcher_options.log_directory = LogDirectory(options);
  launcher_options.more_arguments = [this] { return LogArguments(); };
  launcher_options.send_stop = [this](const AttemptKey& attempt, absl::Duration grace) {
    worker_server->RequestStop(attempt, grace);
  };
  launcher_options.on_final_usage = [this](const WorkerUsage& usage) {
    metrics->OnFinalUsage(usage);
  };
  launcher_options.on_exit = [this](const AttemptKey& attempt, absl::string_view how) {
    runs->OnWorkerExited(attempt, how);
  };
  ASSIGN_OR_RETURN(launcher, SharingLauncher::Start(std::move(launcher_options), limits));
  return absl::OkStatus();
}

std::vector<std::string> Server::Parts::LogArguments() const {
  return {"--log-format", options.log_format, "--log-level",
          std::string(LogLevelName(CurrentLogLevel()))};
}

absl::Status Server::Parts::BuildExecutors() {
  PredictionExecutors::Settings settings;
  settings.device = options.predict_device;
  settings.thread_count = options.predict_threads;
  settings.devices = devices;
  settings.limits = limits;
  settings.socket_directory = socket_directory->path();
  settings.log_arguments = [this] { return LogArguments(); };
  settings.on_lost = [this](const std::string& model, int64_t version, absl::string_view reason) {
    predicts->pool().ReportLost(model, version, reason);
  };
  ASSIGN_OR_RETURN(executors, PredictionExecutors::Make(options, std::move(settings)));
  return absl::OkStatus();
}

absl::Status Server::Parts::TakeOverRuns() {
  ASSIGN_OR_RETURN(const std::vector<v1::Run> active, run_store->ListActive());
  for (const v1::Run& run : active) metrics->Adopt(run);
  RETURN_IF_ERROR(runs->Reconcile());
  return sweeps->Recover();
}

absl::Status Server::Parts::StartEndpoints() {
  if (!options.metrics_listen.empty()) {
    ASSIGN_OR_RETURN(metrics_endpoint,
                     MetricsEndpoint::Start(options.metrics_listen, metrics->page()));
    metrics_address = metrics_endpoint->address();
  }
  RpcServer::Options rpc_options;
  rpc_options.listen_address = options.listen;
  rpc_options.limits = limits;
  rpc_options.tls = secrets.tls;
  rpc_options.token = secrets.token;
  rpc_options.executor_count = executors->thread_count();
  rpc_report = std::make_unique<RpcReport>(*metrics);
  rpc_options.observer = rpc_report.get();
  ASSIGN_OR_RETURN(
      rpc, RpcServer::Start(std::move(rpc_options),
                            {*runs, *event_log, *predicts, *catalog, recipes, *datasets,
                             *dataset_store, log_control, clock, *statistics, *export_files,
                             *sweeps, modules->directory, modules->store, modules->publisher},
                            Info()));
  return absl::OkStatus();
}

v1::ServerInfo Server::Parts::Info() const {
  v1::ServerInfo info;
  info.set_version(kVersion);
  info.set_torch_version(TorchVersion());
  *info.mutable_start_time() = ToTimestamp(clock.Now());
  for (const std::string& device : devices) info.add_devices(device);
  info.set_cpu_count(ResolveThreadCount(0));
  info.set_max_message_bytes(limits.message_bytes_max);
  info.set_metrics_address(metrics_address);
  return info;
}

void Server::Parts::LogStart() const {
  Log(LogLevel::kInfo, "serving",
      {{"grpc", rpc->address()},
       {"metrics", metrics_address.empty() ? "off" : metrics_address},
       {"tls", secrets.tls.has_value() ? "on" : "off"},
       {"token", secrets.token.empty() ? "none" : "required"},
       {"version", kVersion},
       {"pid", absl::StrCat(getpid())}});
  Log(LogLevel::kInfo, "ready",
      {{"data_dir", options.data_dir},
       {"datasets_dir", options.datasets_dir},
       {"recipes", absl::StrCat(recipes.recipes().size())},
       {"devices", absl::StrJoin(devices, ",")},
       {"train_slots", absl::StrCat(options.train_slots)},
       {"train_cores", absl::StrCat(TrainCores(options))},
       {"predict_device", executors->device()},
       {"modules", options.allow_modules ? "allowed" : "off"}});
  if (!probe_status.ok()) {
    Log(LogLevel::kWarning, "looking for devices failed; runs can use the CPU alone",
        {{"error", std::string(probe_status.message())}});
  }
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  RedirectGrpcLog([](absl::string_view line) {
    Log(LogLevel::kDebug, "grpc", {{"text", std::string(line)}});
  });
  RETURN_IF_ERROR(CheckTrainCores(options.train_slots, options.train_cores, ResolveThreadCount(0)));
  auto parts = std::make_unique<Parts>();
  parts->options = options;
  ASSIGN_OR_RETURN(parts->secrets, LoadSecrets(options));
  RETURN_IF_ERROR(parts->OpenData());
  RETURN_IF_ERROR(parts->BuildCore());
  RETURN_IF_ERROR(parts->TakeOverRuns());
  RETURN_IF_ERROR(parts->StartEndpoints());
  parts->serving = true;
  parts->LogStart();
  parts->run_log.Begin();
  parts->ticker = std::make_unique<Ticker>(absl::Seconds(1), [&running = *parts] {
    running.runs->Tick();
    running.retention->Tick();
    running.metrics->Expire();
    running.rpc->RefreshHealth();
    running.predicts->Watch();
  });
  parts->sweep_driver = std::make_unique<SweepDriver>(*parts->sweeps, parts->sweep_inbox);
  if (!options.address_file.empty()) {
    ASSIGN_OR_RETURN(
        parts->address_file,
        AddressFile::Write(options.address_file, parts->rpc->address(), parts->metrics_address));
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

const std::string& Server::address() const { return parts_->rpc->address(); }

const std::string& Server::metrics_address() const { return parts_->metrics_address; }

void Server::Shutdown(absl::Duration grace) {
  if (std::exchange(parts_->shut_down, true)) return;
  const absl::Time deadline = absl::Now() + grace;
  const absl::Duration workers_grace =
      std::max(grace - kEndpointsGrace, std::min(grace, absl::Seconds(1)));
  parts_->address_file.reset();
  parts_->serving = false;
  parts_->rpc->LeaveHealth();
  parts_->sweep_driver.reset();
  parts_->runs->Drain(workers_grace);
  if (!parts_->runs->WaitForWorkers(absl::Now() + workers_grace)) {
    Log(LogLevel::kWarning, "workers are ended by force: they did not stop in time");
  }
  parts_->ticker.reset();
  parts_->importer->Shutdown();
  parts_->modules->inspector.Shutdown();
  parts_->launcher->Shutdown();
  parts_->worker_server->Shutdown(deadline);
  const absl::Time now = absl::Now();
  parts_->rpc->Shutdown(parts_->hurried ? now : std::clamp(deadline, now, now + kEndpointsGrace));
  parts_->executors->Shutdown();
}

void Server::Hurry() {
  parts_->hurried = true;
  parts_->runs->Drain(absl::ZeroDuration());
}

}  // namespace traind
