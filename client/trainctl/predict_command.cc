#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/index_list.h"
#include "client/trainctl/model_reference.h"
#include "client/trainctl/predict_images.h"
#include "client/trainctl/predict_result.h"
#include "client/trainctl/predict_rows.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

constexpr int kRowsMax = 256;  // what ReadDatasetRows allows

struct PredictFlags {
  std::string model;
  std::vector<std::string> images;
  ImageFlags image_flags;
  std::string dataset;
  std::string index;
  std::string values;
};

absl::StatusOr<std::vector<NamedImage>> LoadImages(const PredictFlags& flags, Client& client,
                                                   const ImageShape& shape) {
  if (!flags.dataset.empty()) {
    const absl::StatusOr<std::vector<int64_t>> indexes = ParseIndexList(flags.index, kRowsMax);
    if (!indexes.ok()) return indexes.status();
    return ReadRows(client, flags.dataset, *indexes, shape);
  }
  std::vector<NamedImage> images;
  for (const std::string& path : flags.images) {
    absl::StatusOr<NamedImage> image = LoadImage(path, flags.image_flags, shape);
    if (!image.ok()) return image.status();
    images.push_back(*std::move(image));
  }
  return images;
}

v1::PredictRequest MakePredictRequest(const ModelReference& reference, v1::Tensor input) {
  v1::PredictRequest request;
  request.set_model(reference.model);
  if (reference.version > 0) request.set_version(reference.version);
  if (!reference.alias.empty()) request.set_alias(reference.alias);
  *request.add_inputs() = std::move(input);
  return request;
}

absl::StatusOr<ValueRows> LoadRows(const PredictFlags& flags, Client& client,
                                   const std::vector<int64_t>& shape) {
  if (!flags.values.empty()) return ParseValues(flags.values, shape);
  const absl::StatusOr<std::vector<int64_t>> indexes = ParseIndexList(flags.index, kRowsMax);
  if (!indexes.ok()) return indexes.status();
  return ReadValueRows(client, flags.dataset, *indexes, shape);
}

// Names of the classes of the version that has answered.
ClassNames NamesOfAnswer(const v1::ListModelsResponse& models,
                         const v1::PredictResponse& response) {
  const absl::StatusOr<v1::ModelVersion> version =
      FindModelVersion(models, {response.model(), response.version(), ""});
  if (!version.ok()) return {};  // published since
  return ClassNames(version->class_names().begin(), version->class_names().end());
}

// With a model that takes no pictures, or with numbers in place of one.
absl::StatusOr<int> PredictRows(const PredictFlags& flags, const ModelReference& reference,
                                const v1::ListModelsResponse& models,
                                const v1::ModelVersion& version, Session& session) {
  const absl::StatusOr<std::vector<int64_t>> shape = RowShapeOf(version);
  if (!shape.ok()) return shape.status();
  const absl::StatusOr<ValueRows> rows = LoadRows(flags, session.client, *shape);
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<v1::PredictResponse> response =
      session.client.Predict(MakePredictRequest(reference, ToTensor(*rows, *shape)));
  if (!response.ok()) return response.status();
  const ClassNames names = NamesOfAnswer(models, *response);
  const absl::StatusOr<std::string> text = session.json
                                               ? ValuePredictionsJson(*rows, *response, names)
                                               : ValuePredictions(*rows, *response, names);
  if (!text.ok()) return text.status();
  session.out() << *text << (session.json ? "\n" : "");
  return kExitOk;
}

absl::StatusOr<int> Predict(const PredictFlags& flags, Session& session) {
  const absl::StatusOr<ModelReference> reference = ParseModelReference(flags.model);
  if (!reference.ok()) return reference.status();
  const absl::StatusOr<v1::ListModelsResponse> models = ListAllModels(session.client);
  if (!models.ok()) return models.status();
  const absl::StatusOr<v1::ModelVersion> version = FindModelVersion(*models, *reference);
  if (!version.ok()) return version.status();
  if (!flags.values.empty() || (flags.images.empty() && !TakesPictures(*version))) {
    return PredictRows(flags, *reference, *models, *version, session);
  }
  const absl::StatusOr<ImageShape> shape = InputShapeOf(*version);
  if (!shape.ok()) return shape.status();
  const absl::StatusOr<std::vector<NamedImage>> images = LoadImages(flags, session.client, *shape);
  if (!images.ok()) return images.status();

  const absl::StatusOr<v1::PredictResponse> response =
      session.client.Predict(MakePredictRequest(*reference, ToTensor(*images, *shape)));
  if (!response.ok()) return response.status();
  const absl::StatusOr<std::vector<Prediction>> predictions =
      ToPredictions(*response, static_cast<int64_t>(images->size()));
  if (!predictions.ok()) return predictions.status();

  const ClassNames names = NamesOfAnswer(*models, *response);
  if (session.json) {
    session.out() << PredictionJson(*images, *predictions, *response, names) << "\n";
    return kExitOk;
  }
  const std::string name = absl::StrCat(response->model(), "@", response->version());
  for (size_t i = 0; i < images->size(); ++i) {
    session.out() << PredictionText((*images)[i], FirstChannel((*images)[i], *shape),
                                    (*predictions)[i], name, names,
                                    session.environment.terminal.colour)
                  << "\n";
  }
  session.out() << PredictionTotals(*images, *predictions, *response);
  return kExitOk;
}

void CheckUsage(const PredictFlags& flags) {
  RequireUsage(ParseModelReference(flags.model).status());
  if (flags.dataset.empty()) return;
  RequireUsage(CheckSplitName(flags.dataset));
  RequireUsage(ParseIndexList(flags.index, kRowsMax).status());
}

}  // namespace

void AddPredictCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PredictFlags>();
  CLI::App* command =
      app.add_subcommand("predict", "Predict pictures or rows with a published model");
  command
      ->add_option("--model", flags->model,
                   "Model; without a version the one in production, or the newest")
      ->required()
      ->type_name("NAME[@VERSION|@ALIAS]");
  CLI::Option_group* source = command->add_option_group("pictures", "What to predict");
  CLI::Option* image = source->add_option("--image", flags->images, "PNG on this machine")
                           ->type_name("FILE")
                           ->take_all()
                           ->expected(1);
  CLI::Option* dataset =
      source->add_option("--dataset", flags->dataset, "Rows of the server's data")
          ->type_name("NAME:SPLIT");
  source
      ->add_option("--values", flags->values,
                   "One row for a model that takes numbers, such as 5.1,3.5,1.4,0.2")
      ->type_name("NUMBER,…");
  source->require_option(1);
  CLI::Option* index = command->add_option("--index", flags->index, "Which rows: 3, 1,5,7 or 0..9")
                           ->type_name("ROWS")
                           ->needs(dataset);
  dataset->needs(index);
  command->add_flag("--invert", flags->image_flags.invert, "The picture is dark on light")
      ->needs(image);
  command->add_flag("--resize", flags->image_flags.resize, "Make the picture fit the model")
      ->needs(image);
  command->footer("Example:\n  trainctl predict --model s4 --dataset mnist:test --index 0..9");
  command->callback([&action, flags] {
    CheckUsage(*flags);
    action = [flags](Session& session) { return Predict(*flags, session); };
  });
}

}  // namespace traind
