"""The arithmetic of bench/train: medians, ratios, shares of the roofline."""

import unittest

import figures


class RatiosTest(unittest.TestCase):
    rates = {"ours": [300.0, 100.0, 200.0], "peer": [40.0, 50.0, 60.0]}

    def test_a_median_is_not_moved_by_one_odd_round(self):
        self.assertEqual(figures.medians({"a": [1.0, 2.0, 1000.0]}), {"a": 2.0})

    def test_a_ratio_is_that_of_the_medians(self):
        self.assertEqual(figures.ratios(self.rates, "peer"), {"ours": 4.0, "peer": 1.0})

    def test_without_its_base_there_is_no_ratio(self):
        self.assertEqual(figures.ratios(self.rates, "absent"), {})

    def test_the_spread_is_from_the_least_to_the_largest_round(self):
        self.assertEqual(figures.spread([100.0, 200.0, 300.0]), 1.0)

    def test_the_table_has_speed_samples_spread_and_each_ratio(self):
        lines = figures.speed_table(self.rates, batch=64, bases=["peer", "absent"])
        self.assertEqual([line.split() for line in lines],
                         [["way", "it/s", "samples/s", "spread", "x", "peer"],
                          ["ours", "200.0", "12800", "100%", "4.00"],
                          ["peer", "50.0", "3200", "40%", "1.00"]])

    def test_columns_stand_below_each_other(self):
        self.assertEqual(figures.aligned([["way", "it/s"], ["a", "1"]]), ["way  it/s", "a       1"])


class RooflineTest(unittest.TestCase):
    peak = {"operations_per_second": 1e9, "bytes_per_second": 1e8}

    def test_much_arithmetic_is_bound_by_arithmetic(self):
        self.assertEqual(figures.roofline_seconds(2e9, 1e8, self.peak), (2.0, "arithmetic"))

    def test_many_bytes_are_bound_by_memory(self):
        self.assertEqual(figures.roofline_seconds(2e9, 3e8, self.peak), (3.0, "memory"))

    def test_without_a_peak_there_is_no_share(self):
        least, bound = figures.roofline_seconds(2e9, 1e8, {"operations_per_second": None, "bytes_per_second": 1e8})
        self.assertEqual((figures.share(least, 1.0), bound), ("-", "-"))

    def test_a_share_is_the_least_time_by_the_time_taken(self):
        self.assertEqual(figures.share(0.5, 2.0), "25%")

    def profile(self):
        stage = {"layer": 3, "forward_seconds": 2.0, "forward_operations": 1e9, "forward_bytes": 1e6,
                 "backward_seconds": 4.0, "backward_operations": 2e9, "backward_bytes": 3e8}
        return {"stages": [stage], "update_seconds": 0.5, "step_seconds": 8.0}

    def test_a_profile_has_each_stage_both_ways_and_the_whole_step(self):
        lines = [line.split() for line in figures.profile_table(self.profile(), self.peak)[1:]]
        self.assertEqual(lines, [["3", "forward", "2000.000", "0", "1000.000", "50%", "arithmetic"],
                                 ["3", "backward", "4000.000", "0", "3000.000", "75%", "memory"],
                                 ["weights", "500.000"],
                                 ["step", "8000.000", "0", "4000.000", "50%"]])

    def test_a_profile_without_a_peak_has_times_alone(self):
        lines = figures.profile_table(self.profile(), {"operations_per_second": None})
        self.assertEqual(lines[-1].split(), ["step", "8000.000", "0", "-", "-"])


class SummaryTest(unittest.TestCase):
    def test_it_has_mean_least_largest_median_and_the_deviation_of_a_sample(self):
        self.assertEqual(figures.summary([1.0, 2.0, 6.0]),
                         {"mean": 3.0, "min": 1.0, "max": 6.0, "median": 2.0, "deviation": 7.0 ** 0.5})

    def test_one_value_deviates_by_nothing(self):
        self.assertEqual(figures.summary([1.0])["deviation"], 0.0)


if __name__ == "__main__":
    unittest.main()
