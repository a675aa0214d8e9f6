#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/enum_words.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/module_text.h"
#include "client/trainctl/push_files.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

struct ModulePushFlags {
  std::string path;
  std::string input;
  v1::ModuleHeader header;
};

struct PublishFlags {
  std::string outputs = "classes";
  v1::PublishModuleRequest request;
};

absl::StatusOr<int> PushModule(ModulePushFlags flags, Session& session) {
  absl::StatusOr<PushFiles> file = PushFiles::Collect(flags.path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<std::string> sha256 = file->Sha256();
  if (!sha256.ok()) return sha256.status();
  flags.header.set_sha256(*sha256);
  flags.header.set_size_bytes(file->total_bytes());
  const absl::StatusOr<v1::Module> module = session.client.PushModule(flags.header, *file);
  if (!module.ok()) return module.status();
  session.out() << (session.json ? JsonDocument(*module) : ModuleLine(*module)) << "\n";
  return kExitOk;
}

absl::StatusOr<int> ListModules(Session& session) {
  v1::ListModulesResponse all;
  v1::ListModulesRequest request;
  do {
    const absl::StatusOr<v1::ListModulesResponse> page = session.client.ListModules(request);
    if (!page.ok()) return page.status();
    request.set_page_token(page->next_page_token());
    all.mutable_modules()->MergeFrom(page->modules());
  } while (!request.page_token().empty());
  if (session.json) {
    session.out() << JsonDocument(all) << "\n";
  } else {
    session.out() << ModuleTable({all.modules().begin(), all.modules().end()});
  }
  return kExitOk;
}

absl::StatusOr<int> DescribeModule(const std::string& name, Session& session) {
  const absl::StatusOr<v1::Module> module = session.client.GetModule(name);
  if (!module.ok()) return module.status();
  session.out() << (session.json ? JsonDocument(*module) + "\n" : ModuleText(*module));
  return kExitOk;
}

absl::StatusOr<int> DeleteModule(const std::string& name, Session& session) {
  const absl::StatusOr<v1::DeleteModuleResponse> deleted = session.client.DeleteModule(name);
  if (!deleted.ok()) return deleted.status();
  if (session.json) {
    session.out() << JsonDocument(*deleted) << "\n";
  } else {
    session.out() << name << " deleted, " << ByteText(deleted->freed_bytes()) << " freed\n";
  }
  return kExitOk;
}

absl::StatusOr<int> PublishModule(PublishFlags flags, Session& session) {
  flags.request.set_outputs(
      static_cast<v1::ModuleOutputs>(EnumNumber(*v1::ModuleOutputs_descriptor(), flags.outputs)));
  const absl::StatusOr<v1::ModelVersion> version = session.client.PublishModule(flags.request);
  if (!version.ok()) return version.status();
  session.out() << (session.json ? JsonDocument(*version)
                                 : absl::StrCat(flags.request.module(), " is published as ",
                                                version->model(), "@", version->version()))
                << "\n";
  return kExitOk;
}

void AddModulePush(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ModulePushFlags>();
  CLI::App* command =
      app.add_subcommand("push", "Bring a TorchScript file or an AOTInductor package");
  command
      ->add_option_function<std::string>(
          "name", [flags](const std::string& name) { flags->header.set_name(name); },
          "Name of the new module")
      ->required()
      ->type_name("NAME");
  command->add_option("file", flags->path, "File of torch.jit.save or of aoti_compile_and_package")
      ->required()
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command
      ->add_option("--input", flags->input,
                   "Sizes of one input row, such as 1,28,28, if the file does not tell them")
      ->type_name("SIZE,…");
  command
      ->add_option_function<int>(
          "--rows", [flags](int rows) { flags->header.set_fixed_row_count(rows); },
          "Rows that it takes at once, if it was compiled for one number of them")
      ->type_name("NUMBER");
  command->footer("Example:\n  trainctl module push mine mine.pt --input 1,28,28");
  command->callback([&action, flags] {
    flags->header.clear_input_shape();
    if (!flags->input.empty()) {
      const absl::StatusOr<std::vector<int64_t>> sizes = ParseSizes(flags->input);
      RequireUsage(sizes.status());
      flags->header.mutable_input_shape()->Add(sizes->begin(), sizes->end());
    }
    action = [flags](Session& session) { return PushModule(*flags, session); };
  });
}

void AddPublish(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PublishFlags>();
  CLI::App* command = app.add_subcommand(
      "publish", "Publish a module as it is, without training, as a model's next version");
  command
      ->add_option_function<std::string>(
          "module", [flags](const std::string& name) { flags->request.set_module(name); },
          "Module, such as mine")
      ->required()
      ->type_name("NAME");
  command
      ->add_option_function<std::string>(
          "--model", [flags](const std::string& name) { flags->request.set_model(name); },
          "Model that gets the version; the module's name without it")
      ->type_name("MODEL");
  command->add_option("--outputs", flags->outputs, "What its outputs mean")
      ->check(CLI::IsMember(EnumWords(*v1::ModuleOutputs_descriptor())))
      ->capture_default_str();
  command->footer("Example:\n  trainctl module publish mine --model digits");
  command->callback([&action, flags] {
    action = [flags](Session& session) { return PublishModule(*flags, session); };
  });
}

// A command on one module.
void AddOfModule(CLI::App& app, Action& action, const char* verb, const char* help,
                 absl::StatusOr<int> (*run)(const std::string&, Session&)) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(verb, help);
  command->add_option("module", *name, "Module, such as mine")->required()->type_name("NAME");
  command->footer(absl::StrCat("Example:\n  trainctl module ", verb, " mine"));
  command->callback([&action, name, run] {
    action = [name, run](Session& session) { return run(*name, session); };
  });
}

}  // namespace

void AddModuleCommand(CLI::App& app, Action& action) {
  CLI::App* module = app.add_subcommand(
      "module", "Bring networks as code, on servers that were started with --allow-modules");
  module->require_subcommand(1);
  AddModulePush(*module, action);
  CLI::App* list = module->add_subcommand("list", "List the modules that the server has");
  list->footer("Example:\n  trainctl module list");
  list->callback([&action] { action = ListModules; });
  AddOfModule(*module, action, "describe", "Tell everything about a module", DescribeModule);
  AddPublish(*module, action);
  AddOfModule(*module, action, "delete", "Delete a module; it does not ask back", DeleteModule);
}

}  // namespace traind
