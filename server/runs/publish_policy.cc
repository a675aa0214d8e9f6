#include "server/runs/publish_policy.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

double BestAccuracy(const v1::Run& run) {
  const v1::EpochFinished& best = run.best_epoch();
  if (best.eval_sample_count() == 0) return 0;
  return static_cast<double>(best.eval_correct_count()) /
         static_cast<double>(best.eval_sample_count());
}

// Where rows are neither right nor wrong.
std::string ReasonByLoss(const v1::Run& run, const v1::ModelVersion& served,
                         const std::string& way_out) {
  const double loss = run.best_epoch().eval_loss();
  if (loss < served.eval_loss()) return "";
  return absl::StrFormat(
      "nothing was published: the best loss, %g, is not below the %g of version %d of %s, to which "
      "requests go%s",
      loss, served.eval_loss(), served.version(), served.model(), way_out);
}

}  // namespace

std::string ReasonNotToPublish(const v1::Run& run, const std::optional<v1::ModelVersion>& served) {
  const std::string way_out = absl::StrCat("; publish it with `trainctl publish ", run.id(), "`");
  switch (run.execution().publish()) {
    case v1::PUBLISH_POLICY_MANUAL:
      return absl::StrCat("nothing was published: the run's policy is manual", way_out);
    case v1::PUBLISH_POLICY_IF_BETTER: {
      if (!served.has_value()) return "";
      if (!HasAccuracy(run.recipe().loss())) return ReasonByLoss(run, *served, way_out);
      const double accuracy = BestAccuracy(run);
      if (accuracy > served->eval_accuracy()) return "";
      return absl::StrFormat(
          "nothing was published: the best accuracy, %.2f%%, does not beat the %.2f%% of version "
          "%d of %s, to which requests go%s",
          100 * accuracy, 100 * served->eval_accuracy(), served->version(), served->model(),
          way_out);
    }
    default:
      return "";
  }
}

}  // namespace traind
