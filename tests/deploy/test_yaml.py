"""yamllint over all YAML of the repository."""
import subprocess
import sys
import unittest

import repository

FOLDERS = ("deploy", "tests/deploy")
RULES = """\
extends: default
rules:
  line-length: {max: 160}
  document-start: disable
  braces: {max-spaces-inside: 0}
  truthy: {allowed-values: ["true", "false"]}
  comments: {min-spaces-from-content: 1}
"""


class YamlTest(unittest.TestCase):
    def test_yamllint_finds_nothing(self):
        result = subprocess.run([sys.executable, "-m", "yamllint", "--strict", "-d", RULES, *FOLDERS],
                                cwd=repository.ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
