"""Proves that the checks of habits, documented options, ctest settings and figures can fail."""
import importlib.machinery
import pathlib
import types
import unittest

import ctest_settings
import documented_options
import habits
import local_names
from bad_tree import BadTree

OWN_ROOT = pathlib.Path(__file__).resolve().parents[2]
GUARDED = "// What it is for.\n#ifndef TRAIND_{0}_H_\n#define TRAIND_{0}_H_\n{1}#endif\n"


def load_script(name):
    """A script of scripts/ as a module, although its name has no suffix."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(OWN_ROOT / "scripts" / name))
    module = types.ModuleType(loader.name)
    loader.exec_module(module)
    return module


class HabitsTest(BadTree):
    def write_source(self, name, text=""):
        self.write(name, text)
        self.write(str(pathlib.PurePath(name).parent / "CMakeLists.txt"), f"traind_test(SOURCES {pathlib.PurePath(name).name})\n")

    def test_a_source_that_cmake_does_not_know_is_found(self):
        self.write("server/runs/CMakeLists.txt", "traind_library(NAME runs SOURCES run_state.cc)\n")
        self.write("server/runs/run_store.cc")
        self.assert_finds(habits.check, "server/runs/run_store.cc:1", "no CMakeLists.txt lists it")

    def test_a_header_with_a_guard_of_another_path_is_found(self):
        self.write("server/runs/a.h", GUARDED.format("SERVER_STORE_A", ""))
        self.assert_finds(habits.check, "server/runs/a.h:1", "no include guard TRAIND_SERVER_RUNS_A_H_")

    def test_a_header_of_the_product_without_a_comment_is_found(self):
        self.write("server/runs/a.h", GUARDED.format("SERVER_RUNS_A", "").split("\n", 1)[1])
        self.assert_finds(habits.check, "server/runs/a.h:1", "a header without a comment")

    def test_a_class_with_a_vague_name_is_found(self):
        self.write("server/runs/a.h", GUARDED.format("SERVER_RUNS_A", "class RunManager {\n};\n"))
        self.assert_finds(habits.check, "server/runs/a.h:4", "class RunManager: `Manager` says nothing")

    def test_a_test_that_sleeps_is_found(self):
        for call in ("std::this_thread::sleep_for(1s);", "absl::SleepFor(wait);", "sleep(1);"):
            with self.subTest(call=call):
                self.write_source("tests/runs/a_test.cc", f"  {call}\n")
                self.assert_finds(habits.check, "tests/runs/a_test.cc:1", "a test that sleeps")

    def test_a_child_process_of_a_test_may_sleep(self):
        self.write_source("tests/runs/a_test.cc", '  Start("sleep 1000");  // not sleep(1)\n')
        self.assert_clean(habits.check)

    def test_a_source_named_by_a_loop_over_subjects_is_known(self):
        self.write("tests/runs/CMakeLists.txt", "foreach(subject scheduler event_log)\n  f(${subject}_test.cc)\n")
        self.write("tests/runs/event_log_test.cc")
        self.assert_clean(habits.check)


class LocalNamesTest(BadTree):
    def write_own(self, name, *definitions):
        self.write(name, "namespace traind {\nnamespace {\n\n" + "\n".join(definitions) + "\n}  // namespace\n}\n")

    def test_a_name_of_two_sources_is_found(self):
        self.write_own("server/runs/a.cc", "constexpr int kMax = 3;")
        self.write_own("server/runs/b.cc", "constexpr int kMax = 4;")
        self.assert_finds(local_names.check, "server/runs/a.cc:1", "`kMax` is also defined by b.cc")

    def test_a_function_that_overloads_one_of_a_header_is_found(self):
        self.write_own("server/runs/a.cc", "absl::Status Expect(double value) {\n}")
        self.write("server/runs/b.h", "absl::Status Expect(int64_t value);\n")
        self.assert_finds(local_names.check, "server/runs/a.cc:1", "`Expect` is also defined by b.h")

    def test_names_of_other_folders_and_of_members_are_free(self):
        self.write_own("server/runs/a.cc", "int Count() {\n}", "namespace fs = std::filesystem;")
        self.write_own("server/store/b.cc", "int Count() {\n}")
        self.write_own("server/runs/c.cc", "namespace fs = std::filesystem;")
        self.write("server/runs/c.h", "class C {\n  int Count();\n};\n")
        self.assert_clean(local_names.check)


class DocumentedOptionsTest(BadTree):
    def findings_in(self, text):
        self.write("docs/a.md", text)
        return [finding.message for finding in documented_options.check(self.root, {"--data-dir"}, {"start"})]

    def test_an_option_of_no_program_is_found(self):
        self.assertEqual(self.findings_in("`--data-folder`\n"), ["--data-folder is an option of no program or script here"])

    def test_a_command_that_trainctl_lacks_is_found(self):
        self.assertEqual(self.findings_in("    trainctl begin --data-dir x\n"), ["trainctl has no command begin"])

    def test_code_in_fences_is_read(self):
        self.assertEqual(len(self.findings_in("```\ntraind --port 1\n```\n")), 1)

    def test_options_of_foreign_programs_and_prose_are_left_alone(self):
        self.assertEqual(self.findings_in("`docker run --rm traind`, --dashes in prose\n    cmake --preset dev\n"), [])

    def test_subcommands_are_read_from_the_help(self):
        self.assertEqual(documented_options.subcommands("Options:\n  -h  x\nSubcommands:\n  start    Starts\n  logs     x\n\nEnd  x"),
                         ["start", "logs"])


class CtestSettingsTest(unittest.TestCase):
    def test_a_test_without_time_limit_or_label_is_found(self):
        limit, label = {"name": "TIMEOUT", "value": 60.0}, {"name": "LABELS", "value": ["unit"]}
        listing = {"tests": [{"name": "a", "properties": [limit]}, {"name": "b", "properties": [label]},
                             {"name": "c", "properties": [limit, label]}]}
        self.assertEqual([finding.split(":")[:2] for finding in ctest_settings.findings(listing)],
                         [["a", " no LABELS"], ["b", " no TIMEOUT"]])


class CodeFiguresTest(BadTree):
    def figures(self):
        return {name: within for name, _, _, within in load_script("code-figures").figures(self.root)}

    def test_each_figure_beyond_its_limit_is_found(self):
        self.write("server/a.cc", "x" * 21 * 1024)
        self.write("tests/a_test.cc", "x" * 5 * 1024)
        beyond = [name for name, within in self.figures().items() if not within]
        self.assertEqual(beyond, ["median file", "90th percentile", "largest file", "tests to sources"])

    def test_percentiles_are_by_nearest_rank(self):
        percentile = load_script("code-figures").percentile
        self.assertEqual([percentile(range(1, 11), percent) for percent in (50, 90, 100)], [5, 9, 10])


if __name__ == "__main__":
    unittest.main()
