"""What is done to queries before Prometheus sees them."""
import unittest

from queries import Variables, measured_part


class VariablesTest(unittest.TestCase):
    def test_each_variable_is_filled_in(self):
        filled = Variables(rate_interval="9s", instance="i", model="m", run="r").fill(
            'rate(x{instance=~"$instance", model=~"$model", run=~"$run"}[$__rate_interval])')
        self.assertEqual(filled, 'rate(x{instance=~"i", model=~"m", run=~"r"}[9s])')

    def test_an_unknown_variable_is_refused(self):
        with self.assertRaisesRegex(ValueError, "does not know.*pod"):
            Variables().fill('x{pod="$pod"}')


class MeasuredPartTest(unittest.TestCase):
    def test_a_comparison_at_the_end_goes(self):
        self.assertEqual(measured_part('up{job="traind"} == 0'), 'up{job="traind"}')
        self.assertEqual(measured_part("a / b > 0.05\n"), "a / b\n")

    def test_a_comparison_before_a_set_operator_goes(self):
        self.assertEqual(measured_part("a > 300\n  and on (run) b\n"), "a\n  and on (run) b\n")
        self.assertEqual(measured_part("delta(q[30m]) > 0 and min(q) > 0"), "delta(q[30m]) and min(q)")

    def test_matchers_and_comparisons_of_two_series_stay(self):
        self.assertEqual(measured_part('a{b!="1"} > c'), 'a{b!="1"} > c')


if __name__ == "__main__":
    unittest.main()
