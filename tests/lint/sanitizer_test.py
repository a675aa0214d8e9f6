"""Tests how sanitizer.py chooses the tests it builds; its samples prove that it can fail."""
import unittest

import sanitizer


class SanitizerTest(unittest.TestCase):
    def test_a_sample_s_target_is_named_without_the_case(self):
        self.assertEqual(sanitizer.target_of("tsan_sample_race"), "tsan_sample")

    def test_any_other_test_is_named_after_its_target(self):
        self.assertEqual(sanitizer.target_of("runs_scheduler_test"), "runs_scheduler_test")

    def test_a_test_that_links_an_excluded_library_is_left_out(self):
        inputs = {"a_test": ["tests/a.o"], "b_test": ["tests/b.o", "/x/libtorch_cpu.so"]}
        self.assertEqual(sanitizer.wanted(["a_test", "b_test"], inputs.get, ("libtorch",)), ["a_test"])


if __name__ == "__main__":
    unittest.main()
