"""Another C++ project finds the installed traind::client, builds with it, and predicts with a model that the moved
server has trained."""
import pathlib
import tempfile
import unittest

import harness
import tree

CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"


def configure(build, *options, source=CONSUMER):
    return tree.run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={tree.TREE}", *options)


class Consumer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="traind-consumer-")
        cls.folder = pathlib.Path(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_predicts_as_trainctl_does(self):
        build = self.folder / "build"
        configure(build)
        tree.run("cmake", "--build", build, "-j", "2")
        with harness.Traind(self.folder / "server") as server:
            started = server.trainctl("start", "--model", "s4", "--epochs", "1", "--threads", "1")
            self.assertEqual(started.returncode, 0, started.stderr)
            expected = server.json("predict", "--model", "s4", "--dataset", "mnist:test", "--index", "0..9")
            classes = tree.run(build / "digit_reader", server.address, "s4").split()
        self.assertEqual(classes, [str(prediction["class"]) for prediction in expected["rows"]])

    def test_another_minor_version_is_refused(self):
        source = self.folder / "newer"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(newer LANGUAGES CXX)\n"
            "find_package(traind_client 0.2 CONFIG REQUIRED)\n")
        with self.assertRaisesRegex(AssertionError, r"compatible with\s+requested version \"0\.2\""):
            configure(self.folder / "newer-build", source=source)


if __name__ == "__main__":
    unittest.main()
