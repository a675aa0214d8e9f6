// What this machine can do at most, for the roofline of compare.py: multiply-adds on registers, and
// bytes to and from memory, with so many threads. Prints one line of JSON.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/train/peak_loops.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flags {
  std::string path = "avx512";
  int threads = 1;
  int64_t bytes = 64 << 20;
  int repetitions = 400;
};

// How often a second all threads together can do `work`, by the quickest time of each: so it can
// be told on a machine that others use. They work at the same time, as those of a step do.
double TimesPerSecond(const Flags& flags, const std::function<void(int thread)>& work) {
  std::vector<double> least(flags.threads, 1e9);
  const auto repeat = [&](int thread) {
    double best = least[thread];
    for (int i = 0; i < flags.repetitions; ++i) {
      const SteadyClock::time_point start = SteadyClock::now();
      work(thread);
      best = std::min(best, std::chrono::duration<double>(SteadyClock::now() - start).count());
    }
    least[thread] = best;
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < flags.threads; ++thread) others.emplace_back(repeat, thread);
  repeat(0);
  for (std::thread& other : others) other.join();
  double sum = 0;
  for (const double seconds : least) sum += 1 / seconds;
  return sum;
}

// Additions and multiplications a second of all threads; 0 where the path has no loop.
double OperationsPerSecond(const Flags& flags) {
  const traind::PeakLoop* const loop = traind::FindPeakLoop(flags.path);
  if (loop == nullptr) return 0;
  constexpr int kRounds = 200'000;  // less than the kernel lets a thread run without a pause
  const double times = TimesPerSecond(flags, [loop](int) { loop->run(kRounds); });
  return static_cast<double>(loop->operations_per_round) * kRounds * times;
}

// Bytes read and written a second, from a half of flags.bytes to the other one; each thread goes
// over its part again and again, as the passes of a step do.
double BytesPerSecond(const Flags& flags) {
  const int64_t count = std::max<int64_t>(flags.bytes / 2 / static_cast<int64_t>(sizeof(float)), 1);
  std::vector<float> from(count, 1.0F);
  std::vector<float> to(count);
  const double times = TimesPerSecond(flags, [&](int thread) {
    const int64_t begin = count * thread / flags.threads;
    const int64_t end = count * (thread + 1) / flags.threads;
    for (int64_t i = begin; i < end; ++i) to[i] = 2.0F * from[i];
    asm volatile("" : : "r"(to.data()) : "memory");
  });
  return 2.0 * sizeof(float) * static_cast<double>(count) / flags.threads * times;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("What the machine can do at most, as a line of JSON");
  app.add_option("--path", flags.path, "Instructions: avx512, avx2, avx512bf16 or amxbf16");
  app.add_option("--threads", flags.threads)->check(CLI::PositiveNumber);
  app.add_option("--bytes", flags.bytes, "Memory that is gone over")->check(CLI::PositiveNumber);
  app.add_option("--repetitions", flags.repetitions)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const double operations = OperationsPerSecond(flags);
  std::printf("%s\n",
              absl::StrFormat("{\"path\": \"%s\", \"threads\": %d, \"operations_per_second\": %s, "
                              "\"bytes\": %d, \"bytes_per_second\": %.4g}",
                              flags.path, flags.threads,
                              operations > 0 ? absl::StrFormat("%.4g", operations) : "null",
                              flags.bytes, BytesPerSecond(flags))
                  .c_str());
  return 0;
}
