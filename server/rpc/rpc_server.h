#ifndef TRAIND_SERVER_RPC_RPC_SERVER_H_
#define TRAIND_SERVER_RPC_RPC_SERVER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/datasets/dataset_directory.h"
#include "server/datasets/dataset_store.h"
#include "server/modules/module_directory.h"
#include "server/modules/module_publisher.h"
#include "server/modules/module_store.h"
#include "server/recipes/recipe_catalog.h"
#include "server/rpc/log_control.h"
#include "server/rpc/rpc_observer.h"
#include "server/runs/event_log.h"
#include "server/runs/export_files.h"
#include "server/runs/run_service.h"
#include "server/serving/model_catalog.h"
#include "server/serving/predict_service.h"
#include "server/serving/prediction_statistics.h"
#include "server/sweeps/sweep_service.h"
#include "traind/v1/server_service.pb.h"

namespace traind {

// The server's public gRPC endpoint: every traind.v1 service, the Open Inference
// Protocol, health and reflection on one address. Thread-safe.
class RpcServer {
 public:
  // Contents of PEM files.
  struct Tls {
    std::string certificate_chain;
    std::string private_key;
    // When not empty, clients must show a certificate that it has signed.
    std::string client_ca;
  };

  struct Options {
    // `host:port`; port 0 picks a free one.
    std::string listen_address;
    Limits limits;
    // Absent: plaintext.
    std::optional<Tls> tls;
    // Empty: everybody may call. Health and reflection never ask for it.
    std::string token;
    // How many predictions run side by side: what ModelConfig answers.
    int executor_count = 1;
    // Told of calls and streams; must outlive the server. May be null.
    RpcObserver* observer = nullptr;
  };

  // What the services work with; each must outlive the server.
  struct Backend {
    RunService& runs;
    EventLog& event_log;
    PredictService& predicts;
    ModelCatalog& models;
    const RecipeCatalog& recipes;
    const DatasetDirectory& datasets;
    DatasetStore& dataset_store;
    LogControl& log;
    const Clock& clock;
    const PredictionStatistics& statistics;
    const ExportFiles& export_files;
    SweepService& sweeps;
    const ModuleDirectory& modules;
    ModuleStore& module_store;
    ModulePublisher& module_publisher;
  };

  // Listens and serves. `info` is what GetServerInfo answers, but for the
  // log level. INVALID_ARGUMENT for bad TLS material, UNAVAILABLE when the address cannot be
  // listened on.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(Options options, Backend backend,
                                                          v1::ServerInfo info);
  RpcServer(const RpcServer&) = delete;
  // Shuts down at once.
  ~RpcServer();

  // Where it listens, with the port that was chosen: `127.0.0.1:50051`.
  const std::string& address() const;

  // Health answers NOT_SERVING and ServerReady false from here on; calls still work.
  void LeaveHealth();
  // Tells those who watch the health of models what has changed. Call it often, and from
  // no thread that holds locks of the backend.
  void RefreshHealth();
  // Ends every stream with UNAVAILABLE, takes no new calls, and waits for those
  // in flight; what is left at the deadline is cancelled. Call once, from one thread.
  void Shutdown(absl::Time deadline);

 private:
  struct Parts;
  explicit RpcServer(std::unique_ptr<Parts> parts);

  // The gRPC server and its services, kept out of this header.
  std::unique_ptr<Parts> parts_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_RPC_SERVER_H_
