"""What time_to_accuracy.py makes of a run's events."""

import unittest

import time_to_accuracy


def epoch(number, correct, count=1000):
    return {"epoch_finished": {"epoch": number, "eval_correct_count": str(correct), "eval_sample_count": str(count)}}


class ClockTest(unittest.TestCase):
    def figures(self, *events):
        clock = time_to_accuracy.Clock(0.994)
        for seconds, event in enumerate(events, start=1):
            clock.note(event, float(seconds))
        return clock.figures(seed=7, seconds=9.0)

    def test_the_first_epoch_with_the_accuracy_counts(self):
        found = self.figures(epoch(1, 993), epoch(2, 994), epoch(3, 999))
        self.assertEqual((found["reached_seconds"], found["reached_epoch"]), (2.0, 2))

    def test_the_accuracy_of_a_training_is_that_of_its_last_epoch(self):
        self.assertEqual(self.figures(epoch(1, 999), epoch(2, 990))["last_accuracy"], 0.990)

    def test_the_version_counts_when_it_is_published(self):
        found = self.figures(epoch(1, 999), {"checkpoint_written": {}}, {"model_published": {"version": "1"}})
        self.assertEqual(found["published_seconds"], 3.0)

    def test_an_accuracy_that_is_not_reached_has_no_time(self):
        found = self.figures(epoch(1, 900))
        self.assertIsNone(found["reached_seconds"])
        self.assertIsNone(found["published_seconds"])

    def test_an_epoch_in_which_nothing_is_right_leaves_the_count_out(self):
        self.assertEqual(self.figures({"epoch_finished": {"epoch": 1, "eval_sample_count": "10"}})["last_accuracy"], 0.0)


class ReportTest(unittest.TestCase):
    def training(self, seed, accuracy, reached=None):
        return {"seed": seed, "seconds": 12.0, "reached_seconds": reached, "reached_epoch": reached and 4,
                "published_seconds": 11.5, "last_accuracy": accuracy}

    def test_all_seeds_count_also_those_that_never_reach_the_accuracy(self):
        lines = time_to_accuracy.report([self.training(1, 0.995, 8.0), self.training(2, 0.993)], 0.994)
        self.assertEqual(lines[1].split(), ["1", "8.00", "4", "11.50", "12.00", "99.50%"])
        self.assertEqual(lines[2].split(), ["2", "-", "-", "11.50", "12.00", "99.30%"])
        self.assertIn("over 2 seeds: mean 99.400%, least 99.30%, deviation 0.141 points", lines[3])
        self.assertIn("to 99.4%: median 8.00 s, from 8.00 to 8.00 s, 1 of 2 seeds", lines[4])
        self.assertIn("to the published version: median 11.50 s", lines[5])


if __name__ == "__main__":
    unittest.main()
