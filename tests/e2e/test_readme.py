"""The README's examples, run as they stand there."""

import os
import pathlib
import subprocess
import sys
import unittest

from extract_example import extract
from harness import BIN, EndToEndTest

README = pathlib.Path(__file__).parents[2] / "README.md"


class ReadmeTest(EndToEndTest):
    """A trained model, asked by the examples."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        trained = cls.server.trainctl("start", "--model", "s4", "--epochs", "1")
        assert trained.returncode == 0, trained.stderr

    def run_example(self, command):
        environment = dict(os.environ, TRAINCTL_SERVER=self.server.address)
        result = subprocess.run(command, env=environment, capture_output=True, text=True,
                                timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def test_both_examples_say_the_same_ten_digits(self):
        path = self.folder / "predict.py"
        path.write_text(extract(README, "predict.py"))
        python = self.run_example([sys.executable, path])
        self.assertRegex(python, r"^s4 version 1:( \d){10}$")
        cpp = self.run_example([BIN / "readme_predict", self.server.address])
        self.assertEqual(cpp, python)


if __name__ == "__main__":
    unittest.main(verbosity=2)
