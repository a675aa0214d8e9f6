#include "client/plot/gnuplot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <stop_token>
#include <string>

#include "client/plot/plot_script.h"
#include "tests/client/trainctl_runner.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A program in place of gnuplot.
std::string Script(const std::string& name, const std::string& body) {
  const std::string path = WriteTestFile(name, "#!/bin/sh\n" + body);
  chmod(path.c_str(), 0755);
  return path;
}

Plot HostilePlot() {
  return {.title = "`echo title`",
          .x_label = "$(echo x)",
          .y_label = "it's {/Bold y} \\\\ \"quoted\"",
          .legend_title = "system('touch /tmp/x')",
          .series = {{.name = "a_b^c & <d>", .points = {{1, 1}, {2, 2}}},
                     {.name = "'; quit; '", .points = {{1, 2}, {2, 1}}},
                     {.name = "a''b'''c''", .points = {{1, 3}}}}};
}

TEST(Gnuplot, DrawsTextsAsTheyAre) {
  const absl::StatusOr<std::string> picture =
      Gnuplot().Draw(PlotScript(HostilePlot(), {.format = PlotFormat::kSvg}), {});
  ASSERT_OK(picture);
  EXPECT_THAT(*picture, HasSubstr("`echo title`"));
  EXPECT_THAT(*picture, HasSubstr("$(echo x)"));
  EXPECT_THAT(*picture, HasSubstr("it's {/Bold y} \\\\ \"quoted\""));
  EXPECT_THAT(*picture, HasSubstr("system('touch /tmp/x')"));
  EXPECT_THAT(*picture, HasSubstr("a_b^c &amp; &lt;d"));
  EXPECT_THAT(*picture, HasSubstr("'; quit; '"));
  EXPECT_THAT(*picture, HasSubstr("a''b'''c''"));
}

TEST(Gnuplot, DrawsPng) {
  const absl::StatusOr<std::string> picture = Gnuplot().Draw(
      PlotScript(HostilePlot(), {.format = PlotFormat::kPng, .width = 400, .height = 300}), {});
  ASSERT_OK(picture);
  EXPECT_THAT(*picture, StartsWith("\x89PNG\r\n"));
}

TEST(Gnuplot, DrawsTextOfTheAskedSize) {
  const absl::StatusOr<std::string> picture = Gnuplot().Draw(
      PlotScript(HostilePlot(), {.format = PlotFormat::kText, .width = 70, .height = 20}), {});
  ASSERT_OK(picture);
  EXPECT_LE(std::count(picture->begin(), picture->end(), '\n'), 21);
  EXPECT_THAT(*picture, HasSubstr("it's {/Bold y}"));
}

TEST(Gnuplot, ScriptGoesInWholeAndPictureComesOutWhole) {
  const std::string script(3'000'000, 'x');  // more than pipes hold
  const absl::StatusOr<std::string> picture = Gnuplot(Script("cat", "exec cat")).Draw(script, {});
  ASSERT_OK(picture);
  EXPECT_TRUE(*picture == script);  // not to be printed
}

TEST(Gnuplot, ProgramThatReadsNothingIsNoHarm) {
  const absl::StatusOr<std::string> picture =
      Gnuplot(Script("deaf", "echo picture")).Draw(std::string(3'000'000, 'x'), {});
  ASSERT_OK(picture);
  EXPECT_EQ(*picture, "picture\n");
}

TEST(Gnuplot, MissingProgramSaysHowToGetIt) {
  const absl::StatusOr<std::string> picture = Gnuplot("gnuplot-that-nobody-has").Draw("plot x", {});
  EXPECT_THAT(picture,
              StatusIs(absl::StatusCode::kFailedPrecondition, "`gnuplot-that-nobody-has`"));
  EXPECT_THAT(picture,
              StatusIs(absl::StatusCode::kFailedPrecondition, "apt-get install gnuplot-nox"));
}

TEST(Gnuplot, FailureIsToldInItsOwnWords) {
  EXPECT_THAT(Gnuplot().Draw("plot no_such_thing\n", {}),
              StatusIs(absl::StatusCode::kInternal, "undefined variable: no_such_thing"));
}

TEST(Gnuplot, EmptyPictureIsAFailure) {
  EXPECT_THAT(Gnuplot(Script("empty", "cat >/dev/null")).Draw("plot x", {}),
              StatusIs(absl::StatusCode::kInternal, "it said nothing"));
}

TEST(Gnuplot, ProgramThatHangsIsEnded) {
  EXPECT_THAT(Gnuplot(Script("hang", "exec cat /dev/zero >/dev/null"), absl::Milliseconds(50))
                  .Draw("x", {}),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "50ms"));
}

TEST(Gnuplot, InterruptEndsIt) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(Gnuplot(Script("slow", "exec cat /dev/zero >/dev/null")).Draw("x", stop.get_token()),
              StatusIs(absl::StatusCode::kCancelled, "interrupted"));
}

}  // namespace
}  // namespace traind
