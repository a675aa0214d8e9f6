#include "server/rpc/module_rpc.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/rpc/answer.h"

namespace traind {
namespace {

constexpr int kModulePageSizeDefault = 100;

}  // namespace

grpc::ServerReadReactor<v1::PushModuleRequest>* ModuleRpc::PushModule(
    grpc::CallbackServerContext* context, v1::Module* response) {
  return ModulePush::Start(*context, backend_.store, door_, pools_, *response);
}

grpc::ServerUnaryReactor* ModuleRpc::ListModules(grpc::CallbackServerContext* context,
                                                 const v1::ListModulesRequest* request,
                                                 v1::ListModulesResponse* response) {
  return door_.Serve(context, "ModuleService/ListModules",
                     [this, request, response] { return Answer(List(*request), response); });
}

grpc::ServerUnaryReactor* ModuleRpc::GetModule(grpc::CallbackServerContext* context,
                                               const v1::GetModuleRequest* request,
                                               v1::Module* response) {
  return door_.Serve(context, "ModuleService/GetModule", [this, request, response] {
    return Answer(backend_.modules.Describe(request->name()), response);
  });
}

grpc::ServerUnaryReactor* ModuleRpc::DeleteModule(grpc::CallbackServerContext* context,
                                                  const v1::DeleteModuleRequest* request,
                                                  v1::DeleteModuleResponse* response) {
  return door_.Serve(context, "ModuleService/DeleteModule", [this, request, response] {
    return Answer(Delete(request->name()), response);
  });
}

grpc::ServerUnaryReactor* ModuleRpc::PublishModule(grpc::CallbackServerContext* context,
                                                   const v1::PublishModuleRequest* request,
                                                   v1::ModelVersion* response) {
  return door_.Serve(context, "ModuleService/PublishModule", [this, request, response] {
    return Answer(backend_.publisher.Publish(*request), response);
  });
}

absl::StatusOr<v1::ListModulesResponse> ModuleRpc::List(
    const v1::ListModulesRequest& request) const {
  if (request.page_size() < 0 || request.page_size() > limits_.page_size_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "page_size: expected 0 to ", limits_.page_size_max, ", got ", request.page_size()));
  }
  const int page_size = request.page_size() == 0 ? kModulePageSizeDefault : request.page_size();
  const std::vector<std::string> names = backend_.modules.List();
  v1::ListModulesResponse response;
  // The token is the last name of the page before, so a page starts right after it.
  auto next = std::upper_bound(names.begin(), names.end(), request.page_token());
  for (; next != names.end() && response.modules_size() < page_size; ++next) {
    absl::StatusOr<v1::Module> module = backend_.modules.Describe(*next);
    v1::Module& listed = *response.add_modules();
    if (module.ok()) listed = *std::move(module);
    listed.set_name(*next);
  }
  if (next != names.end()) {
    response.set_next_page_token(response.modules(page_size - 1).name());
  }
  return response;
}

absl::StatusOr<v1::DeleteModuleResponse> ModuleRpc::Delete(const std::string& name) const {
  const std::optional<std::string> user = backend_.runs.FindUserOfModule(name);
  if (user.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("module ", name, " is needed by the run ", *user,
                     ", which has not ended; cancel it first, or wait for it"));
  }
  v1::DeleteModuleResponse response;
  ASSIGN_OR_RETURN(const int64_t freed, backend_.store.Delete(name));
  response.set_freed_bytes(freed);
  return response;
}

}  // namespace traind
