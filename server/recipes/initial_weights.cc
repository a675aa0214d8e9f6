#include "server/recipes/initial_weights.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/feature_map.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/network_tensors.h"
#include "server/recipes/recipe_bounds.h"

namespace traind {
namespace {

constexpr absl::string_view kFileEnding = ".safetensors";
constexpr absl::string_view kModuleName = "layers.";
// Tensors of one kind that a message lists.
constexpr size_t kListedTensorsMax = 10;

bool IsWeightType(absl::string_view type) {
  return type == "F32" || type == "F64" || type == "F16" || type == "BF16";
}

// PyTorch's batch norms count batches; nothing here reads that.
bool IsBatchCount(absl::string_view name) {
  return name == "num_batches_tracked" || absl::EndsWith(name, ".num_batches_tracked");
}

// A module's tensors begin with its name and a dot.
bool IsWithin(absl::string_view name, absl::string_view module) {
  return absl::StartsWith(name, module) &&
         (name.size() == module.size() || name[module.size()] == '.');
}

bool IsNew(const v1::InitialWeights& weights, absl::string_view name) {
  return std::any_of(weights.new_layers().begin(), weights.new_layers().end(),
                     [name](const std::string& module) { return IsWithin(name, module); });
}

// The file's tensors by their names in the network, and their places among the entries.
std::map<std::string, size_t> ByName(absl::Span<const SafetensorsEntry> entries) {
  const bool of_sequential = std::none_of(
      entries.begin(), entries.end(),
      [](const SafetensorsEntry& entry) { return absl::StartsWith(entry.name, kModuleName); });
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (IsBatchCount(entries[i].name)) continue;
    places[absl::StrCat(of_sequential ? kModuleName : "", entries[i].name)] = i;
  }
  return places;
}

// A file may say anything.
std::string ShapeOf(const SafetensorsEntry& entry) {
  constexpr size_t kListedSizesMax = 8;
  if (entry.shape.size() <= kListedSizesMax) return ShapeText(entry.shape);
  return absl::StrCat("of ", entry.shape.size(), " dimensions");
}

// "kind: tensor, tensor and 3 more", or nothing.
void AddList(absl::string_view kind, const std::vector<std::string>& tensors,
             std::vector<std::string>& lists) {
  if (tensors.empty()) return;
  const size_t listed = std::min(tensors.size(), kListedTensorsMax);
  std::string text =
      absl::StrCat(kind, ": ", absl::StrJoin(tensors.begin(), tensors.begin() + listed, ", "));
  if (tensors.size() > listed) absl::StrAppend(&text, " and ", tensors.size() - listed, " more");
  lists.push_back(std::move(text));
}

// What of a file does not go with a network.
struct Misfits {
  std::vector<std::string> missing;
  std::vector<std::string> changed;
  std::vector<std::string> unexpected;
  std::string module;  // the first one that is concerned

  void Note(std::vector<std::string>& list, const std::string& name, std::string text) {
    list.push_back(std::move(text));
    if (module.empty()) module = name.substr(0, name.rfind('.'));
  }

  absl::Status ToStatus(absl::string_view source) const {
    std::vector<std::string> lists;
    AddList("missing", missing, lists);
    AddList("other shapes", changed, lists);
    AddList("unexpected", unexpected, lists);
    if (lists.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "initial_weights: expected ", source, " to have the network's tensors, got ",
        absl::StrJoin(lists, "; "),
        "; a layer that shall begin at random is named in new_layers, such as `", module, "`"));
  }
};

absl::Status ExpectNewLayersThere(const v1::InitialWeights& weights,
                                  const std::vector<NetworkTensor>& tensors,
                                  const std::map<std::string, size_t>& places) {
  for (int i = 0; i < weights.new_layers_size(); ++i) {
    const std::string& module = weights.new_layers(i);
    const bool in_network =
        std::any_of(tensors.begin(), tensors.end(),
                    [&](const NetworkTensor& tensor) { return IsWithin(tensor.name, module); });
    const bool in_file = std::any_of(places.begin(), places.end(), [&](const auto& place) {
      return IsWithin(place.first, module);
    });
    if (in_network || in_file) continue;
    return FieldError(absl::StrCat("initial_weights.new_layers[", i, "]"),
                      "a layer with tensors, such as `layers.0`, or the name of a tensor",
                      Quoted(module));
  }
  return absl::OkStatus();
}

absl::Status ValidateFileName(const std::string& name) {
  constexpr absl::string_view kPath = "initial_weights.safetensors";
  if (absl::EndsWith(name, kFileEnding)) {
    const absl::string_view stem =
        absl::string_view(name).substr(0, name.size() - kFileEnding.size());
    if (ExpectName(kPath, stem, false, RecipeBounds().name_characters_max).ok()) {
      return absl::OkStatus();
    }
  }
  return FieldError(kPath,
                    absl::StrCat("the name of a file in the datasets folder: 1 to ",
                                 RecipeBounds().name_characters_max,
                                 " letters, digits, `-` and `_`, then `.safetensors`"),
                    Quoted(name));
}

}  // namespace

absl::StatusOr<VersionReference> ParseVersionReference(absl::string_view text) {
  const int characters_max = RecipeBounds().name_characters_max;
  const size_t at = text.find('@');
  VersionReference reference;
  const absl::string_view selector = at == absl::string_view::npos ? "" : text.substr(at + 1);
  reference.model = std::string(text.substr(0, at));
  const bool is_number = absl::SimpleAtoi(selector, &reference.version);
  if (!is_number) reference.version = 0;
  if (!is_number) reference.alias = std::string(selector);
  const bool is_named =
      is_number ? reference.version > 0 : ExpectName("alias", selector, false, characters_max).ok();
  if (is_named && ExpectName("model", reference.model, true, characters_max).ok()) {
    return reference;
  }
  return FieldError("initial_weights.model",
                    "a model and its version or an alias, such as `s4@7` or `s4@production`",
                    Quoted(text));
}

absl::Status ValidateInitialWeights(const v1::Recipe& recipe) {
  if (!recipe.has_initial_weights()) return absl::OkStatus();
  const v1::InitialWeights& weights = recipe.initial_weights();
  RETURN_IF_ERROR(ExpectKind("initial_weights",
                             weights.source_case() != v1::InitialWeights::SOURCE_NOT_SET,
                             "model, safetensors"));
  if (weights.has_model()) RETURN_IF_ERROR(ParseVersionReference(weights.model()).status());
  if (weights.has_safetensors()) RETURN_IF_ERROR(ValidateFileName(weights.safetensors()));
  RETURN_IF_ERROR(ExpectCount("initial_weights.new_layers", weights.new_layers_size(), 0,
                              RecipeBounds().layers_max));
  for (int i = 0; i < weights.new_layers_size(); ++i) {
    if (!weights.new_layers(i).empty()) continue;
    return FieldError(absl::StrCat("initial_weights.new_layers[", i, "]"),
                      "a layer, such as `layers.0`", "nothing");
  }
  return ExpectSha256("initial_weights.sha256", weights.sha256());
}

absl::StatusOr<MatchedWeights> MatchInitialWeights(const v1::Recipe& recipe,
                                                   absl::string_view source,
                                                   absl::Span<const SafetensorsEntry> entries) {
  const v1::InitialWeights& weights = recipe.initial_weights();
  ASSIGN_OR_RETURN(const std::vector<NetworkTensor> tensors, ListNetworkTensors(recipe.network()));
  std::map<std::string, size_t> places = ByName(entries);
  RETURN_IF_ERROR(ExpectNewLayersThere(weights, tensors, places));
  MatchedWeights matched;
  Misfits misfits;
  for (const NetworkTensor& tensor : tensors) {
    const auto found = places.find(tensor.name);
    const std::string expected = absl::StrCat(tensor.name, " ", ShapeText(tensor.shape));
    if (IsNew(weights, tensor.name)) {
      matched.left.push_back(tensor.name);
    } else if (found == places.end()) {
      misfits.Note(misfits.missing, tensor.name, absl::StrCat(expected, " of ", tensor.place));
    } else if (const SafetensorsEntry& entry = entries[found->second];
               entry.shape != tensor.shape || !IsWeightType(entry.data_type)) {
      misfits.Note(misfits.changed, tensor.name,
                   absl::StrCat(expected, " of ", tensor.place, " is ", entry.data_type, " ",
                                ShapeOf(entry)));
    } else {
      matched.taken.emplace_back(tensor.name, found->second);
    }
    if (found != places.end()) places.erase(found);
  }
  for (const auto& [name, place] : places) {
    if (IsNew(weights, name)) continue;
    misfits.Note(misfits.unexpected, name,
                 absl::StrCat(Quoted(name), " ", ShapeOf(entries[place])));
  }
  RETURN_IF_ERROR(misfits.ToStatus(source));
  if (!matched.taken.empty()) return matched;
  return FieldError("initial_weights.new_layers", "layers that leave some to begin with the file",
                    "all of them");
}

const std::string& InitialWeightsSource(const v1::InitialWeights& weights) {
  return weights.has_model() ? weights.model() : weights.safetensors();
}

}  // namespace traind
