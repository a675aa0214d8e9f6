#ifndef TRAIND_TESTS_CLIENT_S4_SUMMARY_H_
#define TRAIND_TESTS_CLIENT_S4_SUMMARY_H_

#include "traind/v1/recipe_service.pb.h"

namespace traind {

// The summary of recipe s4 as a server sends it, written down by hand.
v1::RecipeSummary S4Summary();

}  // namespace traind

#endif  // TRAIND_TESTS_CLIENT_S4_SUMMARY_H_
