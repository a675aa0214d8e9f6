#ifndef TRAIND_SERVER_SERVING_MODEL_ALIASES_H_
#define TRAIND_SERVER_SERVING_MODEL_ALIASES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/serving/model_store.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Requests that name neither a version nor an alias go to the version that this one
// points to, in the models that have it.
inline constexpr absl::string_view kProductionAlias = "production";
// A share of those requests may go here instead.
inline constexpr absl::string_view kCanaryAlias = "canary";

// The rules of aliases and of deletions, as functions of a model with its versions
// (newest first) and aliases. An error leaves the model as it was. Pure.

// OK for 1 to 63 letters, digits, `-` and `_`, of which one is a letter: an alias never
// looks like a version's number. INVALID_ARGUMENT otherwise.
absl::Status CheckAliasName(absl::string_view alias);

// The alias of that name, or null.
const v1::ModelAlias* FindAlias(const v1::Model& model, absl::string_view alias);

// NOT_FOUND, with the aliases that there are.
absl::Status NoSuchAlias(const v1::Model& model, absl::string_view alias);

// Points an alias, made if need be, to a version, and remembers the one before; nothing
// changes when it points there already. INVALID_ARGUMENT for the name, NOT_FOUND
// without the version, RESOURCE_EXHAUSTED past `aliases_max` aliases.
absl::Status MoveAlias(v1::Model& model, absl::string_view alias, int64_t version, absl::Time now,
                       int aliases_max);

// Removes an alias. NOT_FOUND without it.
absl::Status RemoveAlias(v1::Model& model, absl::string_view alias);

// Points an alias to the version before its last move, after which it has none before.
// NOT_FOUND without the alias, FAILED_PRECONDITION without a version before.
absl::Status RollBackAlias(v1::Model& model, absl::string_view alias, absl::Time now);

// Where requests go that name neither a version nor an alias, by the model's aliases;
// `newest` is its newest version.
ModelRoute RouteOf(const v1::Model& model, int64_t newest);

// Sends `percent` of each hundred requests to the alias `canary`. INVALID_ARGUMENT
// unless 0 to 100, FAILED_PRECONDITION for more than 0 without that alias.
absl::Status SetCanaryPercent(v1::Model& model, int percent);

// OK when the version may go: FAILED_PRECONDITION while an alias points to it, and for
// the only one unless `allow_last`; NOT_FOUND without it.
absl::Status CheckDeletable(const v1::Model& model, int64_t version, bool allow_last);

// Makes both sides say the same: each version gets the names of its aliases, and an
// alias has no version before it that is not there.
void ConnectAliases(v1::Model& model);

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_MODEL_ALIASES_H_
