"""Tests scripts/steps.sh, the named steps of the scripts."""
import pathlib
import subprocess
import tempfile
import unittest

STEPS = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "steps.sh"


class StepsTest(unittest.TestCase):
    def run_script(self, body):
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(["bash", "-c", f'set -euo pipefail\n. "{STEPS}"\nsteps_begin title 2 "$PWD/log"\n{body}'],
                                    cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50, check=False)
            logs = {path.name: path.read_text() for path in pathlib.Path(folder, "log").iterdir()}
        return result, logs

    def test_steps_are_numbered_and_their_output_goes_to_logs(self):
        result, logs = self.run_script("run_step 'one thing (large)' remedy echo a\nskip_step two 'all there'")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"^\[1/2\] one thing \(large\) \.\.\.\n"
                                        r"\[1/2\] one thing \(large\): done in \ds\n\[2/2\] two: all there\n$")
        self.assertEqual(logs, {"one-thing.log": "a\n"})

    def test_a_failure_names_the_step_and_the_remedy_and_shows_the_log(self):
        result, _ = self.run_script("broken() { echo 'no space left'; return 7; }\nrun_step one 'free some space' broken\necho after")
        self.assertEqual(result.returncode, 1)
        self.assertIn("[1/2] one: FAILED with exit code 7", result.stderr)
        self.assertIn("    | no space left\n", result.stderr)
        self.assertIn('title stopped at step "one".\nWhat to do: free some space\n', result.stderr)
        self.assertNotIn("after", result.stdout)

    def test_a_step_ends_at_its_first_failing_command(self):
        result, logs = self.run_script("broken() { false; echo 'went on'; }\nrun_step one remedy broken")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(logs["one.log"], "")

    def test_a_step_reads_nothing_from_the_terminal(self):
        result, _ = self.run_script("run_step one remedy sh -c 'test -z \"$(cat)\"'")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_times_over_a_minute_are_in_minutes(self):
        result, _ = self.run_script("elapsed_text 59; echo; elapsed_text 61; echo; elapsed_text 3600")
        self.assertEqual(result.stdout.split(), ["59s", "1m01s", "60m00s"])


if __name__ == "__main__":
    unittest.main()
