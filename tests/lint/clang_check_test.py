"""Proves that the checks with clang find what they are for, and that units leave nothing out."""
import json
import pathlib
import unittest

import clang_check
import compile_units
from bad_tree import BadTree

OWN_ROOT = pathlib.Path(__file__).resolve().parents[2]
UNGUARDED = """#include "absl/synchronization/mutex.h"
class Counter {
 public:
  void Add() { ++number_; }

 private:
  absl::Mutex mutex_;
  int number_ ABSL_GUARDED_BY(mutex_) = 0;
};
"""
GUARDED = UNGUARDED.replace("{ ++number_; }", "{\n    absl::MutexLock lock(&mutex_);\n    ++number_;\n  }")
MOVED = """#include <string>
#include <utility>
int Length(std::string text) {
  const std::string other = std::move(text);
  return static_cast<int>(other.size() + text.size());
}
"""


class ClangCheckTest(BadTree):
    def write_sources(self, sources, options=""):
        """Sources under server/runs/ and a build folder that says how they are compiled."""
        entries = []
        for name, text in sources.items():
            self.write(f"server/runs/{name}", text)
            entries.append({"directory": str(self.root / "build"), "file": f"../server/runs/{name}",
                            "command": f"g++ -O2 -fpch-preprocess -std=c++20 {options} -o a.o -c {name}"})
        self.write("build/compile_commands.json", json.dumps(entries))
        self.write(".clang-tidy", (OWN_ROOT / ".clang-tidy").read_text(encoding="utf-8"))

    def outcomes(self, check):
        sources = compile_units.product_sources(self.root, "build", clang_check.EXCLUDED)
        units = compile_units.units(sources, lambda path: (self.root / path).read_text(encoding="utf-8"))
        return compile_units.check_units(self.root, self.root / "build" / "lint", units,
                                         clang_check.command_maker(check, self.root))

    def test_a_guarded_member_without_its_lock_is_found(self):
        self.write_sources({"counter.cc": UNGUARDED})
        (outcome,) = self.outcomes("thread-safety")
        self.assertFalse(outcome.passed)
        self.assertIn("requires holding mutex 'mutex_'", outcome.output)

    def test_a_guarded_member_with_its_lock_is_clean(self):
        self.write_sources({"counter.cc": GUARDED})
        self.assertEqual([outcome.passed for outcome in self.outcomes("thread-safety")], [True])

    def test_a_use_after_move_is_found(self):
        self.write_sources({"length.cc": MOVED})
        (outcome,) = self.outcomes("tidy")
        self.assertFalse(outcome.passed)
        self.assertIn("bugprone-use-after-move", outcome.output)

    def test_a_finding_in_the_product_s_header_is_found(self):
        self.write_sources({"length.cc": f'#include "{self.root}/server/runs/length.h"\n'})
        self.write("server/runs/length.h", MOVED)
        self.assertIn("length.h:5", self.outcomes("tidy")[0].output)

    def test_a_failing_unit_is_checked_source_by_source(self):
        self.write_sources({"a.cc": "int a;\n", "b.cc": "int b = nothing;\n"})
        passed = {outcome.unit.sources[0].name: outcome.passed for outcome in self.outcomes("thread-safety")}
        self.assertEqual(passed, {"a.cc": True, "b.cc": False})

    def test_what_passed_is_not_compiled_again_until_it_changes(self):
        self.write_sources({"a.cc": '#include "a.h"\n'})
        self.write("server/runs/a.h", "int a;\n")
        self.assertEqual([outcome.cached for outcome in self.outcomes("thread-safety")], [False])
        self.assertEqual([outcome.cached for outcome in self.outcomes("thread-safety")], [True])
        self.write("server/runs/a.h", "int a = nothing;\n")
        self.assertEqual([outcome.passed for outcome in self.outcomes("thread-safety")], [False])

    def test_a_program_that_is_not_installed_is_a_failure(self):
        which = clang_check.shutil.which
        clang_check.shutil.which = lambda _: None
        self.addCleanup(setattr, clang_check.shutil, "which", which)
        self.write_sources({"a.cc": "int a;\n"})
        self.assertEqual(clang_check.main("tidy", self.root, "build"), 127)

    def test_no_sources_are_a_failure(self):
        self.write_sources({})
        self.assertEqual(clang_check.main("tidy", self.root, "build"), 1)


class CompileUnitsTest(BadTree):
    def units(self, *sources):
        made = [compile_units.Source(pathlib.PurePath(path), options) for path, options, _ in sources]
        texts = {pathlib.PurePath(path): text for path, _, text in sources}
        return [[str(path) for path in unit.sources] for unit in compile_units.units(made, texts.get, limit=2)]

    def test_sources_of_a_room_share_a_unit_up_to_the_limit(self):
        self.assertEqual(self.units(("server/a/1.cc", (), ""), ("server/a/2.cc", (), ""), ("server/a/3.cc", (), "")),
                         [["server/a/1.cc", "server/a/2.cc"], ["server/a/3.cc"]])

    def test_rooms_and_options_do_not_mix(self):
        self.assertEqual(len(self.units(("server/a/1.cc", (), ""), ("server/b/2.cc", (), ""), ("server/b/3.cc", ("-DA",), ""))), 3)

    def test_two_definitions_of_one_name_do_not_share_a_unit(self):
        for first, second in (("constexpr int kSize = 1;", "constexpr char kSize[] = {};"),
                              ("absl::Status Check(int a) {\n}", "bool Check() { return true; }"),
                              ("class Reader {\n};", "struct Reader : Base {\n};")):
            with self.subTest(first=first):
                wrap = "namespace {{\n\n{}\n\n}}  // namespace\n".format
                self.assertEqual(len(self.units(("server/a/1.cc", (), wrap(first)), ("server/a/2.cc", (), wrap(second)))), 2)

    def test_only_headers_macros_and_language_are_taken_from_the_command_line(self):
        self.assertEqual(compile_units.options_of("g++ -O2 -Wall -I/a -isystem /b -DC=1 -std=c++20 -mavx2 -o x.o -c x.cc"),
                         ("-I/a", "-isystem", "/b", "-DC=1", "-std=c++20", "-mavx2"))


if __name__ == "__main__":
    unittest.main()
