"""The unit, as systemd itself judges it."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import repository

FOLDER = repository.DEPLOY / "systemd"
UNIT = FOLDER / "traind.service"
# systemd's own scale goes from 0, hardly exposed, to 10. Times ten, as its option wants it.
EXPOSURE_MAX = 20
GPU_EXPOSURE_MAX = 25


def settings(path):
    """All `Key=value` lines, as pairs."""
    return re.findall(r"^(\w+)=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def seconds(text):
    return float(text.removesuffix("s"))


class UnitTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="traind-unit-")
        self.addCleanup(temporary.cleanup)
        self.unit = pathlib.Path(temporary.name) / "traind.service"
        # The real executable is not installed where tests run.
        text = UNIT.read_text(encoding="utf-8").replace("ExecStart=/usr/bin/traind", "ExecStart=/bin/true")
        self.unit.write_text(text, encoding="utf-8")

    def analyze(self, *arguments):
        result = subprocess.run(["systemd-analyze", "--no-pager", *arguments, self.unit],
                                capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr

    def add_gpu_drop_in(self):
        folder = self.unit.with_suffix(".service.d")
        shutil.copytree(FOLDER / "traind.service.d", folder)

    def test_systemd_understands_every_line(self):
        code, output = self.analyze("verify", "--man=no")
        self.assertEqual((code, output), (0, ""))

    def test_a_misspelt_setting_is_found(self):
        with open(self.unit, "a", encoding="utf-8") as unit:
            unit.write("[Service]\nProtectSistem=strict\n")
        self.assertIn("ProtectSistem", self.analyze("verify", "--man=no")[1])

    def test_the_service_is_hardly_exposed(self):
        code, output = self.analyze("security", "--offline=yes", f"--threshold={EXPOSURE_MAX}")
        self.assertEqual(code, 0, output)

    def test_with_gpus_it_is_hardly_more_exposed(self):
        self.add_gpu_drop_in()
        self.assertEqual(self.analyze("verify", "--man=no"), (0, ""))
        code, output = self.analyze("security", "--offline=yes", f"--threshold={GPU_EXPOSURE_MAX}")
        self.assertEqual(code, 0, output)

    def test_the_server_stops_its_workers_itself_and_has_the_time(self):
        found = dict(settings(UNIT))
        self.assertEqual(found["KillMode"], "mixed")
        options = (repository.ROOT / "server/options.h").read_text(encoding="utf-8")
        grace = float(re.search(r"shutdown_grace = absl::Seconds\((\d+)\)", options)[1])
        self.assertGreater(seconds(found["TimeoutStopSec"]), grace)

    def test_the_data_directory_is_the_one_that_may_be_written(self):
        found = settings(UNIT)
        self.assertIn(("StateDirectory", "traind"), found)
        self.assertIn(("Environment", "TRAIND_DATA_DIR=/var/lib/traind"), found)


if __name__ == "__main__":
    unittest.main()
