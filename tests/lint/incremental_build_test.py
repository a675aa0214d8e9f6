"""Proves that the check of incremental builds can fail, but not by chance."""
import contextlib
import io
import unittest

import incremental_build


class CheckTest(unittest.TestCase):
    def check(self, *walls):
        builds = iter(walls)
        with contextlib.redirect_stdout(io.StringIO()):
            trouble = incremental_build.check(lambda: (next(builds), 1.0), limit=20)
        self.assertEqual(list(builds), [], "it stopped too early")
        return trouble

    def test_one_short_build_is_enough(self):
        self.assertIsNone(self.check(19.0))
        self.assertIsNone(self.check(23.0, 31.0, 19.0))

    def test_three_long_builds_fail(self):
        self.assertIn("more than 20 s", self.check(23.0, 31.0, 20.1))

    def test_nothing_compiled_fails(self):
        self.assertIn("nothing was compiled", self.check(0.1))


if __name__ == "__main__":
    unittest.main()
