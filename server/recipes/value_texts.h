#ifndef TRAIND_SERVER_RECIPES_VALUE_TEXTS_H_
#define TRAIND_SERVER_RECIPES_VALUE_TEXTS_H_

namespace traind {

// What a number was expected to be, in the words of all checks.
inline constexpr char kPositive[] = "a finite number > 0";
inline constexpr char kNotNegative[] = "a finite number >= 0";
inline constexpr char kAtLeastOne[] = "a finite number >= 1";
inline constexpr char kShareBelowOne[] = "a number in [0, 1)";
inline constexpr char kOpenShare[] = "a number in (0, 1)";

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_VALUE_TEXTS_H_
