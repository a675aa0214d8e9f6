#ifndef TRAIND_TESTS_FUZZ_MUTATION_H_
#define TRAIND_TESTS_FUZZ_MUTATION_H_

#include <random>
#include <string>

namespace traind {

// A copy of `text` with one to eight random edits: a byte set, a byte inserted,
// a stretch removed, or a stretch doubled. The same engine state gives the same
// copy on every machine: only raw engine output is used, no distributions.
inline std::string Mutate(const std::string& text, std::mt19937& engine) {
  std::string mutated = text;
  const int edits = 1 + static_cast<int>(engine() % 8);
  for (int i = 0; i < edits; ++i) {
    const size_t at = engine() % (mutated.size() + 1);
    const size_t length = engine() % 16;
    switch (engine() % 4) {
      case 0:
        if (at < mutated.size()) mutated[at] = static_cast<char>(engine());
        break;
      case 1:
        mutated.insert(at, 1, static_cast<char>(engine()));
        break;
      case 2:
        mutated.erase(at, length);
        break;
      default:
        mutated.insert(at, mutated.substr(at, length));
        break;
    }
  }
  return mutated;
}

}  // namespace traind

#endif  // TRAIND_TESTS_FUZZ_MUTATION_H_
