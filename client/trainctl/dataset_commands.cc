#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/dataset_text.h"
#include "client/trainctl/enum_words.h"
#include "client/trainctl/index_list.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/push_files.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

constexpr int kPreviewRowsMax = 256;  // what ReadDatasetRows allows

struct DatasetPushFlags {
  std::string path;
  std::string format;
  std::string missing_values;
  std::vector<std::string> splits;
  v1::BeginDatasetPushRequest request;
};

struct PreviewFlags {
  std::string dataset;
  std::string rows = "0..4";
};

// `train=0.8`.
absl::StatusOr<v1::SplitShare> ParseShare(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  double fraction = 0;
  if (parts.size() != 2 || parts[0].empty() || !absl::SimpleAtod(parts[1], &fraction)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--splits: expected shares such as train=0.8,test=0.2, got `", text, "`"));
  }
  v1::SplitShare share;
  share.set_name(parts[0]);
  share.set_fraction(fraction);
  return share;
}

absl::Status ReadFlags(DatasetPushFlags& flags) {
  v1::DatasetSource& source = *flags.request.mutable_source();
  source.set_format(
      static_cast<v1::DatasetFormat>(EnumNumber(*v1::DatasetFormat_descriptor(), flags.format)));
  source.set_missing_values(static_cast<v1::MissingValues>(
      EnumNumber(*v1::MissingValues_descriptor(), flags.missing_values)));
  source.clear_splits();
  for (const std::string& text : flags.splits) {
    const absl::StatusOr<v1::SplitShare> share = ParseShare(text);
    if (!share.ok()) return share.status();
    *source.add_splits() = *share;
  }
  return absl::OkStatus();
}

// A line that is redrawn in place; nothing where nobody looks.
void ShowProgress(Session& session, PushFiles& files) {
  if (!session.environment.terminal.interactive || session.json) return;
  files.set_on_progress([&session](int64_t sent, int64_t total) {
    session.err() << "\r\033[K" << ByteText(sent) << " of " << ByteText(total)
                  << (sent == total ? ", the server reads it" : " sent") << std::flush;
  });
}

absl::StatusOr<int> PushDataset(DatasetPushFlags flags, Session& session) {
  absl::StatusOr<PushFiles> files = PushFiles::Collect(flags.path);
  if (!files.ok()) return files.status();
  const absl::StatusOr<std::string> sha256 = files->Sha256();
  if (!sha256.ok()) return sha256.status();
  files->Describe(flags.request);
  flags.request.set_sha256(*sha256);
  ShowProgress(session, *files);
  const absl::StatusOr<v1::Dataset> dataset = session.client.PushDataset(flags.request, *files);
  if (session.environment.terminal.interactive && !session.json) session.err() << "\r\033[K";
  if (!dataset.ok()) return dataset.status();
  session.out() << (session.json ? JsonDocument(*dataset) : DatasetLine(*dataset)) << "\n";
  return kExitOk;
}

absl::StatusOr<int> ListDatasets(Session& session) {
  v1::ListDatasetsResponse all;
  v1::ListDatasetsRequest request;
  do {
    const absl::StatusOr<v1::ListDatasetsResponse> page = session.client.ListDatasets(request);
    if (!page.ok()) return page.status();
    request.set_page_token(page->next_page_token());
    all.mutable_datasets()->MergeFrom(page->datasets());
  } while (!request.page_token().empty());
  if (session.json) {
    session.out() << JsonDocument(all) << "\n";
  } else {
    session.out() << DatasetTable({all.datasets().begin(), all.datasets().end()});
  }
  return kExitOk;
}

absl::StatusOr<int> DescribeDataset(const std::string& name, Session& session) {
  const absl::StatusOr<v1::Dataset> dataset = session.client.GetDataset(name);
  if (!dataset.ok()) return dataset.status();
  session.out() << (session.json ? JsonDocument(*dataset) + "\n" : DatasetText(*dataset));
  return kExitOk;
}

absl::StatusOr<int> Preview(const PreviewFlags& flags, Session& session) {
  const absl::StatusOr<std::vector<int64_t>> indexes = ParseIndexList(flags.rows, kPreviewRowsMax);
  if (!indexes.ok()) return indexes.status();
  const std::vector<std::string> parts = absl::StrSplit(flags.dataset, absl::MaxSplits(':', 1));
  v1::ReadDatasetRowsRequest request;
  request.set_dataset(parts[0]);
  request.set_split(parts.size() > 1 ? parts[1] : "train");
  request.mutable_row_indexes()->Add(indexes->begin(), indexes->end());
  const absl::StatusOr<v1::ReadDatasetRowsResponse> rows = session.client.ReadDatasetRows(request);
  if (!rows.ok()) return rows.status();
  if (session.json) {
    session.out() << JsonDocument(*rows) << "\n";
    return kExitOk;
  }
  const absl::StatusOr<std::string> text =
      RowsText(*indexes, *rows, session.environment.terminal.colour);
  if (!text.ok()) return text.status();
  session.out() << *text << "of " << rows->split_row_count() << " rows\n";
  return kExitOk;
}

absl::StatusOr<int> DeleteDataset(const std::string& name, Session& session) {
  const absl::StatusOr<v1::DeleteDatasetResponse> deleted = session.client.DeleteDataset(name);
  if (!deleted.ok()) return deleted.status();
  if (session.json) {
    session.out() << JsonDocument(*deleted) << "\n";
  } else {
    session.out() << name << " deleted, " << ByteText(deleted->freed_bytes()) << " freed\n";
  }
  return kExitOk;
}

// Adds to the list that is a field of the request.
CLI::Option* AddColumns(CLI::App& command, const char* flag, const char* help,
                        google::protobuf::RepeatedPtrField<std::string>* columns) {
  return command
      .add_option_function<std::vector<std::string>>(
          flag,
          [columns](const std::vector<std::string>& names) {
            columns->Add(names.begin(), names.end());
          },
          help)
      ->type_name("COLUMN,…")
      ->delimiter(',');
}

void AddTableOptions(CLI::App& command, DatasetPushFlags& flags) {
  v1::DatasetSource& source = *flags.request.mutable_source();
  CLI::Option* const label =
      command
          .add_option_function<std::string>(
              "--label-column",
              [&source](const std::string& name) { source.set_label_column(name); },
              "CSV: column with the class of each row")
          ->type_name("COLUMN");
  AddColumns(command, "--target-columns", "CSV: columns with numbers to predict",
             source.mutable_target_columns())
      ->excludes(label);
  AddColumns(command, "--ignored-columns", "CSV: columns to leave out",
             source.mutable_ignored_columns());
  AddColumns(command, "--category-columns", "CSV: columns of words; each word becomes a feature",
             source.mutable_category_columns());
  command
      .add_option("--missing-values", flags.missing_values,
                  "CSV: what becomes of rows that lack a value")
      ->check(CLI::IsMember(EnumWords(*v1::MissingValues_descriptor())));
}

void AddDatasetPush(CLI::App& app, Action& action) {
  auto flags = std::make_shared<DatasetPushFlags>();
  CLI::App* command = app.add_subcommand(
      "push", "Bring files to the server as a dataset; an interrupted push goes on where it was");
  command
      ->add_option_function<std::string>(
          "name", [flags](const std::string& name) { flags->request.set_name(name); },
          "Name of the new dataset")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("path", flags->path,
                   "CSV, NPY, NPZ or safetensors file; or a folder of them, of MNIST's files, or "
                   "of pictures in a folder for each class")
      ->required()
      ->type_name("PATH");
  command
      ->add_option("--format", flags->format, "What the files are; told by their names otherwise")
      ->check(CLI::IsMember(EnumWords(*v1::DatasetFormat_descriptor())));
  AddTableOptions(*command, *flags);
  command
      ->add_option("--splits", flags->splits,
                   "Shares to cut the rows into; train=0.8,test=0.2 without it")
      ->type_name("NAME=SHARE,…")
      ->delimiter(',');
  command
      ->add_option_function<int64_t>(
          "--seed", [flags](int64_t seed) { flags->request.mutable_source()->set_seed(seed); },
          "Decides which row goes where")
      ->type_name("NUMBER");
  command->add_flag_callback(
      "--unstratified", [flags] { flags->request.mutable_source()->set_unstratified(true); },
      "Cut regardless of the classes");
  command->footer(
      "Examples:\n  trainctl dataset push iris iris.csv --label-column species\n"
      "  trainctl dataset push shapes pictures/ --splits train=0.9,test=0.1");
  command->callback([&action, flags] {
    RequireUsage(ReadFlags(*flags));
    action = [flags](Session& session) { return PushDataset(*flags, session); };
  });
}

void AddPreview(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PreviewFlags>();
  CLI::App* command = app.add_subcommand("preview", "Show rows of a dataset");
  command->add_option("dataset", flags->dataset, "Dataset, and the split if not train")
      ->required()
      ->type_name("NAME[:SPLIT]");
  command->add_option("--rows", flags->rows, "Which rows: 3, 1,5,7 or 0..9")
      ->type_name("ROWS")
      ->capture_default_str();
  command->footer("Example:\n  trainctl dataset preview mnist:test --rows 0..2");
  command->callback([&action, flags] {
    RequireUsage(ParseIndexList(flags->rows, kPreviewRowsMax).status());
    action = [flags](Session& session) { return Preview(*flags, session); };
  });
}

// A command on one dataset.
void AddOfDataset(CLI::App& app, Action& action, const char* verb, const char* help,
                  absl::StatusOr<int> (*run)(const std::string&, Session&)) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(verb, help);
  command->add_option("dataset", *name, "Dataset, such as mnist")->required()->type_name("NAME");
  command->footer(absl::StrCat("Example:\n  trainctl dataset ", verb, " iris"));
  command->callback([&action, name, run] {
    action = [name, run](Session& session) { return run(*name, session); };
  });
}

}  // namespace

void AddDatasetCommand(CLI::App& app, Action& action) {
  CLI::App* dataset = app.add_subcommand("dataset", "Bring data to the server and look at it");
  dataset->require_subcommand(1);
  AddDatasetPush(*dataset, action);
  CLI::App* list = dataset->add_subcommand("list", "List the datasets that the server has");
  list->footer("Example:\n  trainctl dataset list");
  list->callback([&action] { action = ListDatasets; });
  AddOfDataset(*dataset, action, "describe",
               "Tell everything about a dataset: shapes, classes, statistics, SHA-256",
               DescribeDataset);
  AddPreview(*dataset, action);
  AddOfDataset(*dataset, action, "delete", "Delete a dataset that was pushed; it does not ask back",
               DeleteDataset);
}

}  // namespace traind
