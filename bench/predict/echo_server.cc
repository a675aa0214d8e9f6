// Answers Predict and ModelInfer at once, whatever they ask: the limit of gRPC, the
// machine and the client together. SIGTERM ends it.

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "bench/predict/echo_services.h"
#include "bench/predict/waiting_caller.h"
#include "server/base/mutex_checks.h"

namespace {

struct Flags {
  std::string form = "callback";
  std::string listen = "127.0.0.1:0";
  std::string address_file;
  int heartbeat_ms = 0;
};

// Calls the server from within its own process, so that its threads do not fall asleep:
// those of the callback API take naps of 100 ms once nothing has come for a second.
class Heartbeat {
 public:
  Heartbeat(grpc::Server& server, absl::Duration interval)
      : caller_(server.InProcessChannel({})), thread_([this, interval] {
          while (!done_.WaitForNotificationWithTimeout(interval)) Beat();
        }) {}
  ~Heartbeat() {
    done_.Notify();
    thread_.join();
  }

 private:
  void Beat() {
    static const std::string* const method =
        new std::string("/inference.GRPCInferenceService/ServerLive");
    const grpc::Slice nothing("");
    const grpc::ByteBuffer request(&nothing, 1);
    grpc::ByteBuffer answer;
    caller_.Call(*method, request, absl::Seconds(1), answer);
  }

  traind::WaitingCaller caller_;
  absl::Notification done_;
  std::thread thread_;
};

void Serve(grpc::ServerCompletionQueue& queue) {
  void* tag;
  bool ok;
  while (queue.Next(&tag, &ok)) static_cast<traind::QueueTag*>(tag)->Proceed(ok);
}

int Run(const Flags& flags, const sigset_t& end_signals) {
  const std::unique_ptr<traind::EchoServices> services = traind::MakeEchoServices(flags.form);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(flags.listen, grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services->Services()) builder.RegisterService(service);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  const unsigned count =
      services->uses_queues() ? std::max(1u, std::thread::hardware_concurrency()) : 0;
  for (unsigned i = 0; i < count; ++i) queues.push_back(builder.AddCompletionQueue());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::cerr << "cannot listen on " << flags.listen << "\n";
    return 1;
  }
  std::vector<std::unique_ptr<traind::QueueTag>> calls;
  std::vector<std::thread> threads;
  for (const auto& queue : queues) {
    for (auto& call : services->WaitForCalls(*queue)) calls.push_back(std::move(call));
    threads.emplace_back([&queue] { Serve(*queue); });
  }
  const std::string host = flags.listen.substr(0, flags.listen.rfind(':'));
  std::cout << host << ":" << port << std::endl;
  if (!flags.address_file.empty()) {
    std::ofstream(flags.address_file) << "grpc=" << host << ":" << port << std::endl;
  }
  std::optional<Heartbeat> heartbeat;
  if (flags.heartbeat_ms > 0) heartbeat.emplace(*server, absl::Milliseconds(flags.heartbeat_ms));
  int signal = 0;
  sigwait(&end_signals, &signal);
  heartbeat.reset();
  server->Shutdown(std::chrono::system_clock::now());
  for (const auto& queue : queues) queue->Shutdown();
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // As the server that is compared with it.
  traind::LeaveOutMutexChecks();
  // Before any thread is made, so that none takes the signals.
  sigset_t end_signals;
  sigemptyset(&end_signals);
  sigaddset(&end_signals, SIGTERM);
  sigaddset(&end_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &end_signals, nullptr);
  CLI::App app("Answers predictions without any work.", "predict_echo");
  Flags flags;
  app.add_option("--form", flags.form, absl::StrJoin(traind::EchoForms(), ", "))
      ->check(CLI::IsMember(traind::EchoForms()))
      ->capture_default_str();
  app.add_option("--listen", flags.listen, "Address; port 0 picks a free one")
      ->capture_default_str();
  app.add_option("--address-file", flags.address_file, "Gets grpc=ADDRESS once the server runs");
  app.add_option("--heartbeat-ms", flags.heartbeat_ms,
                 "Call the server from within so often (not for the form queues); 0 is never");
  CLI11_PARSE(app, argc, argv);
  return Run(flags, end_signals);
}
