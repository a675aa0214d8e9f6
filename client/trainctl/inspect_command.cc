#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/inspection.h"
#include "client/trainctl/mistake_sheet.h"
#include "client/trainctl/model_reference.h"
#include "client/trainctl/predict_rows.h"
#include "client/trainctl/text_table.h"
#include "client/trainctl/usage_error.h"
#include "client/trainctl/whole_file.h"

namespace traind {
namespace {

constexpr int kWorstMax = 400;
// Mistakes that are listed in the terminal; the sheet has all that were asked for.
constexpr size_t kMistakesListedMax = 10;

struct InspectFlags {
  std::string name;     // of a run or a model
  std::string file;     // empty: no sheet
  std::string dataset;  // empty: the recipe's evaluation split
  int worst_count = 40;
};

// The version that was published from the run.
absl::StatusOr<v1::ModelVersion> VersionOf(const v1::Run& run, Client& client) {
  if (run.published_version() == 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "expected a run whose best epoch was published, since that is what is asked to predict; ",
        run.id(), " has published nothing: `trainctl publish ", run.id(),
        "` does so once it is over"));
  }
  const absl::StatusOr<v1::ListModelsResponse> models = ListAllModels(client);
  if (!models.ok()) return models.status();
  return FindModelVersion(
      *models, {.model = run.recipe().name(), .version = run.published_version(), .alias = ""});
}

// The version of the run of this name, else of the model.
absl::StatusOr<v1::ModelVersion> FindInspected(const std::string& name, Client& client) {
  if (!absl::StrContains(name, '@')) {
    const absl::StatusOr<v1::Run> run = client.GetRun(name);
    if (run.ok()) return VersionOf(*run, client);
    if (!absl::IsNotFound(run.status())) return run.status();
  }
  const absl::StatusOr<ModelReference> reference = ParseModelReference(name);
  if (!reference.ok()) return reference.status();
  const absl::StatusOr<v1::ListModelsResponse> models = ListAllModels(client);
  if (!models.ok()) return models.status();
  absl::StatusOr<v1::ModelVersion> version = FindModelVersion(*models, *reference);
  if (!absl::IsNotFound(version.status()) || absl::StrContains(name, '@')) return version;
  return absl::NotFoundError(absl::StrCat("no run and no model ", name,
                                          "; `trainctl runs` and `trainctl models` list them"));
}

std::string VersionName(const v1::ModelVersion& version) {
  return absl::StrCat(version.model(), "@", version.version());
}

std::string MistakeTable(const std::vector<Mistake>& mistakes, const ClassNames& names) {
  TextTable table({"ROW", "TRUE", "PREDICTED", "PROBABILITY", "OF THE TRUE CLASS"});
  for (size_t i = 0; i < mistakes.size() && i < kMistakesListedMax; ++i) {
    const Mistake& mistake = mistakes[i];
    table.AddRow({absl::StrCat(mistake.row), ClassText(names, mistake.true_class),
                  ClassText(names, mistake.predicted_class),
                  absl::StrFormat("%.2f%%", 100 * mistake.predicted_probability),
                  absl::StrFormat("%.2f%%", 100 * mistake.true_probability)});
  }
  return table.Render();
}

std::string InspectionJson(const Inspection& inspection, const v1::ModelVersion& version,
                           const std::string& dataset) {
  nlohmann::ordered_json document;
  document["model"] = version.model();
  document["version"] = version.version();
  document["dataset"] = dataset;
  document["row_count"] = inspection.matrix.row_count();
  document["right_count"] = inspection.matrix.right_count();
  nlohmann::ordered_json matrix = nlohmann::ordered_json::array();
  for (int i = 0; i < inspection.matrix.class_count(); ++i) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (int j = 0; j < inspection.matrix.class_count(); ++j)
      row.push_back(inspection.matrix.count(i, j));
    matrix.push_back(std::move(row));
  }
  document["confusion_matrix"] = std::move(matrix);
  document["worst"] = nlohmann::ordered_json::array();
  for (const Mistake& mistake : inspection.worst) {
    document["worst"].push_back({{"row", mistake.row},
                                 {"true_class", mistake.true_class},
                                 {"predicted_class", mistake.predicted_class},
                                 {"predicted_probability", mistake.predicted_probability},
                                 {"true_probability", mistake.true_probability}});
  }
  return document.dump(1);
}

absl::Status WriteSheet(const Inspection& inspection, const std::string& title,
                        const std::string& path) {
  const absl::StatusOr<std::string> picture = EncodePng(MistakeSheet(inspection, title));
  if (!picture.ok()) return picture.status();
  const absl::StatusOr<std::unique_ptr<WholeFile>> file = WholeFile::Create(path);
  if (!file.ok()) return file.status();
  (*file)->stream() << *picture;
  return (*file)->Commit();
}

void PrintInspection(const Inspection& inspection, const v1::ModelVersion& version,
                     const std::string& dataset, Session& session) {
  const int64_t rows = inspection.matrix.row_count();
  const int64_t right = inspection.matrix.right_count();
  session.out() << VersionName(version) << " (" << version.run_id() << ", epoch " << version.epoch()
                << ") on " << dataset << ": " << right << " of " << rows << " rows right, "
                << absl::StrFormat("%.2f%%",
                                   100.0 * static_cast<double>(right) / static_cast<double>(rows))
                << "\n\n"
                << inspection.matrix.Text(session.environment.terminal.columns(),
                                          inspection.class_names);
  if (!inspection.worst.empty()) {
    session.out() << "\nthe worst mistakes:\n"
                  << MistakeTable(inspection.worst, inspection.class_names);
  }
}

// One line that is redrawn while rows are asked for.
class RowCounter {
 public:
  explicit RowCounter(Session& session) : session_(session) {}
  ~RowCounter() {
    if (shown_) session_.err() << "\r\x1b[K" << std::flush;
  }
  RowCounter(const RowCounter&) = delete;
  RowCounter& operator=(const RowCounter&) = delete;
  void Show(int64_t done, int64_t all) {
    if (!session_.environment.terminal.interactive || session_.json) return;
    session_.err() << "\r\x1b[K" << done << " of " << all << " rows" << std::flush;
    shown_ = true;
  }

 private:
  Session& session_;
  bool shown_ = false;
};

absl::StatusOr<int> Inspect(const InspectFlags& flags, Session& session) {
  const absl::StatusOr<v1::ModelVersion> version = FindInspected(flags.name, session.client);
  if (!version.ok()) return version.status();
  if (!flags.file.empty() && !TakesPictures(*version)) {
    return absl::FailedPreconditionError(
        absl::StrCat("-o draws pictures, and ", VersionName(*version),
                     " takes none; without it the worst mistakes are listed"));
  }
  const v1::Data& data = version->recipe().data();
  const std::string dataset =
      flags.dataset.empty() ? absl::StrCat(data.dataset(), ":", data.eval_split()) : flags.dataset;
  absl::StatusOr<Inspection> inspection;
  {
    RowCounter counter(session);
    inspection = InspectVersion(session.client, *version, dataset, flags.worst_count,
                                [&counter](int64_t done, int64_t all) { counter.Show(done, all); });
  }
  if (!inspection.ok()) return inspection.status();
  const int64_t mistakes = inspection->matrix.row_count() - inspection->matrix.right_count();
  if (!flags.file.empty()) {
    const std::string title =
        absl::StrCat(VersionName(*version), " on ", dataset, ": the ", inspection->worst.size(),
                     " worst of ", mistakes, " mistakes");
    if (absl::Status status = WriteSheet(*inspection, title, flags.file); !status.ok())
      return status;
  }
  if (session.json) {
    session.out() << InspectionJson(*inspection, *version, dataset) << "\n";
  } else {
    PrintInspection(*inspection, *version, dataset, session);
  }
  return kExitOk;
}

}  // namespace

void AddInspectCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command = app.add_subcommand(
      "inspect", "Show which classes a published version confuses, and its worst mistakes");
  command
      ->add_option("name", flags->name,
                   "Run, such as s4-17, whose published version is meant; or model, such as s4@3")
      ->required()
      ->type_name("RUN|MODEL");
  command
      ->add_option("--dataset", flags->dataset,
                   "Rows to look at; without it the recipe's evaluation split")
      ->type_name("NAME:SPLIT");
  command->add_option("-o,--output", flags->file, "Also draw the worst mistakes as a PNG")
      ->type_name("FILE");
  command->add_option("--worst", flags->worst_count, "How many of the worst mistakes to keep")
      ->check(CLI::Range(1, kWorstMax))
      ->type_name("N")
      ->capture_default_str();
  command->footer("Example:\n  trainctl inspect s4-17 -o mistakes.png");
  command->callback([&action, flags] {
    if (!flags->dataset.empty()) RequireUsage(CheckSplitName(flags->dataset));
    action = [flags](Session& session) { return Inspect(*flags, session); };
  });
}

}  // namespace traind
