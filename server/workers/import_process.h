#ifndef TRAIND_SERVER_WORKERS_IMPORT_PROCESS_H_
#define TRAIND_SERVER_WORKERS_IMPORT_PROCESS_H_

#include <stop_token>
#include <string>

#include "absl/time/time.h"
#include "server/datasets/dataset_importer.h"

namespace traind {

// Makes datasets in processes of their own, `<worker_binary> --import-dataset FOLDER`: what
// people push goes through decoders, and a fault of one must not end the server.
// Thread-safe.
class ImportProcess : public DatasetImporter {
 public:
  ImportProcess(std::string worker_binary, absl::Duration timeout)
      : worker_binary_(std::move(worker_binary)), timeout_(timeout) {}
  ~ImportProcess() override { Shutdown(); }

  // UNAVAILABLE once shut down.
  absl::Status Import(const std::string& folder) override;

  // Ends what is being imported, and all that is asked for later.
  void Shutdown() { stop_.request_stop(); }

 private:
  const std::string worker_binary_;
  const absl::Duration timeout_;
  std::stop_source stop_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_IMPORT_PROCESS_H_
