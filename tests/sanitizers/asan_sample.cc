// Goes wrong in the way that is named on the command line, to show that the sanitizers see it.
#include <limits>
#include <string>
#include <vector>

namespace {

// Volatile, so that the optimizer does not see through the mistakes.
volatile int one = 1;

int UseFreedMemory() {
  auto* numbers = new std::vector<int>(4);
  const int* first = numbers->data();
  delete numbers;
  return *first + one;
}

int Leak() {
  int* volatile number = new int(one);
  number = nullptr;
  return number == nullptr ? 0 : 1;
}

int OverflowInteger() { return std::numeric_limits<int>::max() + one; }

}  // namespace

int main(int argc, char** argv) {
  const std::string mistake = argc > 1 ? argv[1] : "";
  if (mistake == "freed") return UseFreedMemory();
  if (mistake == "leaked") return Leak();
  if (mistake == "overflow") return OverflowInteger();
  return 2;
}
