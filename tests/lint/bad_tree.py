"""A small repository in a temporary folder, for tests that a check can fail."""
import pathlib
import tempfile
import unittest


class BadTree(unittest.TestCase):
    """Test case with an own, empty repository `self.root`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, text="", mode=0o644):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def findings(self, check):
        """What the check finds, as `path:line: message` texts."""
        return [str(finding) for finding in check(self.root)]

    def assert_finds(self, check, place, words):
        found = self.findings(check)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{place}: "), found[0])
        self.assertIn(words, found[0])

    def assert_clean(self, check):
        self.assertEqual(self.findings(check), [])
