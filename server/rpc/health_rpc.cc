#include "server/rpc/health_rpc.h"

#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/oip/error_text.h"
#include "server/rpc/grpc_status.h"

namespace traind {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthCheckResponse::ServingStatus ToServingStatus(Health health) {
  switch (health) {
    case Health::kServing:
      return HealthCheckResponse::SERVING;
    case Health::kNotServing:
      return HealthCheckResponse::NOT_SERVING;
    case Health::kUnknown:
      break;
  }
  return HealthCheckResponse::SERVICE_UNKNOWN;
}

void HealthRpc::Leave() {
  serving_ = false;
  Refresh();
}

void HealthRpc::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  for (HealthWatch* const watch : watches_) {
    watch->End(absl::UnavailableError("the server is shutting down; watch again"));
  }
}

void HealthRpc::Refresh() {
  std::set<std::string> names;
  {
    absl::MutexLock lock(&mutex_);
    for (const HealthWatch* const watch : watches_) names.insert(watch->name());
  }
  if (!names.empty()) Refresh({names.begin(), names.end()});
}

void HealthRpc::Refresh(const std::vector<std::string>& names) {
  const std::vector<Health> healths = Of(names);
  std::map<std::string, Health> by_name;
  for (size_t i = 0; i < names.size(); ++i) by_name[names[i]] = healths[i];
  absl::MutexLock lock(&mutex_);
  for (HealthWatch* const watch : watches_) {
    const auto found = by_name.find(watch->name());
    if (found != by_name.end()) watch->Tell(found->second);
  }
}

std::vector<Health> HealthRpc::Of(absl::Span<const std::string> names) const {
  std::vector<Health> healths = models_.Of(names);
  for (size_t i = 0; i < names.size(); ++i) {
    if (services_.count(names[i]) > 0) healths[i] = Health::kServing;
    if (predicting_.count(names[i]) > 0) {
      healths[i] = predicts_.is_ready() ? Health::kServing : Health::kNotServing;
    }
    if (!serving_ && healths[i] == Health::kServing) healths[i] = Health::kNotServing;
  }
  return healths;
}

grpc::ServerUnaryReactor* HealthRpc::Check(grpc::CallbackServerContext* context,
                                           const HealthCheckRequest* request,
                                           HealthCheckResponse* response) {
  const Health health = Of({request->service()}).front();
  response->set_status(ToServingStatus(health));
  const absl::Status status =
      health == Health::kUnknown
          ? absl::NotFoundError(absl::StrCat("no service or model ", QuotedName(request->service()),
                                             "; models are MODEL or MODEL/VERSION"))
          : absl::OkStatus();
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthRpc::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  auto* const watch = new HealthWatch(request->service(), [this](HealthWatch& gone) {
    absl::MutexLock lock(&mutex_);
    watches_.erase(&gone);
  });
  const absl::Status admitted = Admit(*watch);
  if (admitted.ok()) {
    // The next Refresh sets right what changes in between.
    Refresh({request->service()});
  } else {
    watch->End(admitted);
  }
  return watch;
}

absl::Status HealthRpc::Admit(HealthWatch& watch) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return absl::UnavailableError("the server is shutting down; watch again");
  if (static_cast<int>(watches_.size()) >= watches_max_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the server has ", watches_max_,
        " watches of its health already (health_watches_max); use Check, or try again later"));
  }
  watches_.insert(&watch);
  return absl::OkStatus();
}

}  // namespace traind
