"""Proves that the checks of names, sizes, words and documents can fail."""
import unittest

import documents
import names
import sizes
import words
from bad_tree import BadTree


class NamesTest(BadTree):
    def test_a_vague_file_name_is_found_in_either_spelling(self):
        for name in ("server/rpc/grpc_utils.h", "client/StringHelper.cc", "server/runs/run_manager.h", "docs/misc.md",
                     "server/common/clock.h"):
            with self.subTest(name=name):
                self.setUp()
                self.write(name)
                self.assert_finds(names.check, f"{name}:1", "says nothing")

    def test_a_word_within_another_word_is_not_meant(self):
        self.write("server/base/uncommon_miscellany.h")
        self.assert_clean(names.check)


class SizesTest(BadTree):
    def test_a_code_file_past_the_limit_is_found(self):
        self.write("server/runs/run.cc", "x" * (sizes.BYTES_MAX + 1))
        self.assert_finds(sizes.check, "server/runs/run.cc:1", "20481 bytes, at most 20480")

    def test_a_script_without_suffix_is_code(self):
        self.write("scripts/setup", "#!/bin/sh\n" + "x" * sizes.BYTES_MAX)
        self.assert_finds(sizes.check, "scripts/setup:1", "at most 20480")

    def test_a_file_at_the_limit_and_a_large_document_are_clean(self):
        self.write("server/runs/run.cc", "x" * sizes.BYTES_MAX)
        self.write("docs/long.md", "x" * 2 * sizes.BYTES_MAX)
        self.assert_clean(sizes.check)


class WordsTest(BadTree):
    def test_left_over_words_are_found(self):
        # Each in two halves, so that the check of this repository does not find them here.
        for text in ("// TO" "DO: later", "# FIX" "ME", "// XX" "X", "not imple" "mented", "<<<<<" "<< HEAD"):
            with self.subTest(text=text):
                self.write("a.cc", f"int a;\n{text}\n")
                self.assertEqual(len(self.findings(words.check)), 1)

    def test_a_path_of_one_machine_is_found(self):
        for path in ("/wo" "rk/main", "/ho" "me/me/x", "/ro" "ot/x"):
            with self.subTest(path=path):
                self.write("a.md", f"see `{path}`")
                self.assert_finds(words.check, "a.md:1", "a path of one machine")

    def test_an_issue_number_and_a_web_address_are_clean(self):
        self.write("a.cc", "// TO" "DO(#12): faster\n// https://example.com/wo" "rk/x\n")
        self.assert_clean(words.check)


class DocumentsTest(BadTree):
    def test_a_script_that_is_not_there_is_found(self):
        self.write("README.md", "Run this:\n\n    scripts/quickstart --keep\n")
        self.assert_finds(documents.check, "README.md:3", "scripts/quickstart does not exist")

    def test_a_script_that_is_not_executable_is_found(self):
        self.write("scripts/test", "#!/bin/sh\n")
        self.write("README.md", "`scripts/test`\n")
        self.assert_finds(documents.check, "README.md:1", "scripts/test is not executable")

    def test_a_dead_link_is_found(self):
        self.write("docs/a.md", "see [b](b.md#part)\n")
        self.assert_finds(documents.check, "docs/a.md:1", "link to b.md")

    def test_an_example_mark_without_a_fence_is_found(self):
        self.write("README.md", "<!-- example: predict.py -->\n\n```python\n")
        self.assert_finds(documents.check, "README.md:1", "line above its fence")

    def test_what_exists_is_clean(self):
        self.write("scripts/test", "#!/bin/sh\n", mode=0o755)
        self.write("README.md", "`scripts/test`, [a](docs/a.md), [b](https://b.org)\n<!-- example: x -->\n```\n```\n")
        self.write("docs/a.md")
        self.assert_clean(documents.check)


if __name__ == "__main__":
    unittest.main()
