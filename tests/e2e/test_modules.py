"""Modules from a file to a trained and a served model, and what is refused on the way."""

import pathlib
import tempfile
import unittest

from harness import EndToEndTest, Traind

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "torch" / "fixtures"
DIGITS = FIXTURES / "digits_module.pt"
RECIPE = """
name: "digits"
data { dataset: "mnist" train_split: "train" eval_split: "test" }
network {
  input { channels: 1 height: 28 width: 28 }
  module { name: "digits-code" out_features: 10 }
}
loss { cross_entropy {} }
optimizer { adam { learning_rate: 0.01 } }
epoch_count: 6
batch_size: 50
seed: 5
selection { metric: SELECTION_METRIC_ACCURACY }
"""


class ModulesTest(EndToEndTest):
    """One server that runs modules."""

    flags = ("--allow-modules",)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def push(self, name, path, *flags):
        return self.server.trainctl("module", "push", name, path, *flags)

    def tearDown(self):
        self.assertEqual(self.server.trainctl("version").returncode, 0, "the server is gone")
        pushing = self.server.data_dir / "modules" / ".pushing"
        self.assertEqual(list(pushing.iterdir()) if pushing.exists() else [], [])

    def test_a_module_is_trained_published_and_predicts(self):
        pushed = self.push("digits-code", DIGITS, "--input", "1,28,28")
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        self.assertIn("can be trained and served", pushed.stdout)
        recipe = self.write("digits.textproto", RECIPE.encode())
        started = self.server.trainctl("start", "--recipe", recipe)
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
        run = self.server.json("describe", "digits-1")
        module = self.server.json("module", "describe", "digits-code")
        self.assertEqual(run["recipe"]["network"]["module"]["sha256"], module["sha256"])
        deleted = self.server.trainctl("module", "delete", "digits-code")
        self.assertEqual(deleted.returncode, 0, deleted.stderr)
        predicted = self.server.trainctl("predict", "--model", "digits", "--dataset", "mnist:test", "--index", "0..49")
        self.assertEqual(predicted.returncode, 0, predicted.stderr)
        self.assertRegex(predicted.stdout, r"(4\d|50) of 50 right")
        promoted = self.server.trainctl("promote", "digits", "1")
        self.assertEqual(promoted.returncode, 0, promoted.stderr)

    def test_a_module_is_published_as_it_is(self):
        self.assertEqual(self.push("raw", DIGITS, "--input", "1,28,28").returncode, 0)
        published = self.server.trainctl("module", "publish", "raw", "--model", "raw-digits")
        self.assertEqual((published.returncode, published.stdout), (0, "raw is published as raw-digits@1\n"))
        predicted = self.server.trainctl("predict", "--model", "raw-digits", "--dataset", "mnist:test", "--index", "0..9")
        self.assertEqual(predicted.returncode, 0, predicted.stderr)
        self.assertRegex(predicted.stdout, r"of 10 right")

    def test_code_never_runs_in_the_server_itself(self):
        self.assertEqual(self.push("apart", DIGITS, "--input", "1,28,28").returncode, 0)
        self.assertEqual(self.server.trainctl("module", "publish", "apart").returncode, 0)
        predicted = self.server.trainctl("predict", "--model", "apart", "--dataset", "mnist:test", "--index", "0")
        self.assertEqual(predicted.returncode, 0, predicted.stderr)
        children = pathlib.Path(f"/proc/{self.server.process.pid}/task").glob("*/children")
        workers = [pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                   for file in children for pid in file.read_text().split()]
        self.assertTrue(any("--serve" in worker and "--allow-modules" in worker for worker in workers), workers)

    def test_a_pickle_is_never_opened(self):
        self.assert_refused(self.push("evil", FIXTURES / "tiny_pickle.pt", "--input", "4"),
                            "INVALID_ARGUMENT", "pickles are never opened")
        self.assert_refused(self.push("evil", self.write("bare.pt", b"\x80\x02cos\nsystem\n(S'true'\ntR."), "--input", "4"),
                            "INVALID_ARGUMENT", "pickles are never opened")

    def test_a_file_that_is_cut_short_is_told(self):
        self.assert_refused(self.push("half", self.write("half.pt", DIGITS.read_bytes()[:5000]), "--input", "1,28,28"),
                            "INVALID_ARGUMENT", "expected a whole ZIP archive")

    def test_a_wrong_shape_is_told_at_the_push_and_at_the_start(self):
        self.assert_refused(self.push("wide", DIGITS, "--input", "1,32,32"),
                            "INVALID_ARGUMENT", "mat1 and mat2 shapes cannot be multiplied (3x64 and 49x16)")
        self.assertEqual(self.push("narrow", DIGITS, "--input", "1,28,28").returncode, 0)
        recipe = RECIPE.replace("digits-code", "narrow")
        wrong = self.write("wrong.textproto", recipe.replace("out_features: 10", "out_features: 9").encode())
        self.assert_refused(self.server.trainctl("start", "--recipe", wrong), "INVALID_ARGUMENT",
                            "network.module.out_features: expected that of module narrow, 10, got 9")

    def test_modules_never_change(self):
        self.assertEqual(self.push("fixed", DIGITS, "--input", "1,28,28").returncode, 0)
        self.assertEqual(self.push("fixed", DIGITS, "--input", "1,28,28").returncode, 0)
        self.assert_refused(self.push("fixed", FIXTURES / "tiny_module.pt"), "ALREADY_EXISTS", "never change")


class SwitchTest(unittest.TestCase):
    """A server whose operator does not allow modules."""

    def test_without_the_switch_nothing_of_a_module_runs(self):
        with tempfile.TemporaryDirectory(prefix="traind-e2e-") as folder:
            with Traind(folder, "--allow-modules") as server:
                pushed = server.trainctl("module", "push", "mine", DIGITS, "--input", "1,28,28")
                self.assertEqual(pushed.returncode, 0, pushed.stderr)
                self.assertEqual(server.trainctl("module", "publish", "mine").returncode, 0)
            with Traind(folder) as server:
                recipe = server.folder / "mine.textproto"
                recipe.write_text(RECIPE.replace("digits-code", "mine"))
                for arguments in (("module", "push", "other", DIGITS, "--input", "1,28,28"),
                                  ("module", "publish", "mine"), ("start", "--recipe", recipe),
                                  ("predict", "--model", "mine", "--dataset", "mnist:test", "--index", "0")):
                    result = server.trainctl(*arguments)
                    self.assertEqual(result.returncode, 1, (arguments, result.stdout))
                    self.assertIn("--allow-modules", result.stderr, arguments)
                self.assertIn("mine", server.trainctl("module", "list").stdout)


if __name__ == "__main__":
    unittest.main()
