"""The alert rules as files: each leads to its section of the runbook, and each is tested."""
import re
import subprocess
import unittest

import prometheus_rule
import repository

RUNBOOK = repository.ROOT / "docs" / "RUNBOOK.md"
SEVERITIES = {"critical", "warning"}
HEADING = re.compile(r"^## (\S.*)$", re.MULTILINE)


def anchor(heading):
    """The fragment that Markdown viewers give a heading of one word."""
    return heading.lower().replace(" ", "-")


class RulesTest(unittest.TestCase):
    def setUp(self):
        self.alerts = repository.alerts()

    def test_promtool_accepts_the_configuration_and_its_rules(self):
        result = subprocess.run(["promtool", "check", "config", repository.PROMETHEUS_CONFIG],
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"{len(self.alerts)} rules found", result.stdout)

    def test_names_are_unique(self):
        names = [alert["alert"] for alert in self.alerts]
        self.assertEqual(len(set(names)), len(names))

    def test_every_alert_says_how_bad_what_where_and_what_to_do(self):
        for alert in self.alerts:
            self.assertIn(alert["labels"]["severity"], SEVERITIES, alert["alert"])
            self.assertEqual(set(alert["annotations"]), {"summary", "description", "runbook"}, alert["alert"])
            self.assertTrue(alert["annotations"]["description"].endswith("."), alert["alert"])

    def test_every_alert_leads_to_a_section_of_the_runbook_and_back(self):
        sections = {anchor(heading) for heading in HEADING.findall(RUNBOOK.read_text(encoding="utf-8"))}
        led_to = {alert["annotations"]["runbook"] for alert in self.alerts}
        self.assertEqual(led_to, {f"docs/RUNBOOK.md#{section}" for section in sections})

    def test_every_alert_is_shown_to_fire_and_to_be_quiet(self):
        fires, quiet = set(), set()
        for test in repository.load_yaml(repository.ROOT / "tests/deploy/rules_test.yml")["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case["exp_alerts"] else quiet).add(case["alertname"])
            # Series that raise no alert beside those that do.
            instances = {series["series"].partition("{")[2] for series in test["input_series"]}
            alarming = max(len(case["exp_alerts"]) for case in test["alert_rule_test"])
            if len(instances) > alarming:
                quiet |= {case["alertname"] for case in test["alert_rule_test"]}
        names = {alert["alert"] for alert in self.alerts}
        self.assertEqual(fires, names)
        self.assertEqual(quiet, names)

    def test_the_operators_copy_is_current(self):
        made = prometheus_rule.prometheus_rule(repository.RULES.read_text(encoding="utf-8"))
        self.assertEqual(prometheus_rule.TARGET.read_text(encoding="utf-8"), made,
                         "run tests/deploy/prometheus_rule.py --write")
        self.assertEqual(repository.load_yaml(prometheus_rule.TARGET)["spec"], repository.load_yaml(repository.RULES))


class PrometheusRuleTest(unittest.TestCase):
    def test_a_file_without_groups_is_refused(self):
        with self.assertRaisesRegex(ValueError, "expected a file of rules"):
            prometheus_rule.prometheus_rule("rules: []\n")


if __name__ == "__main__":
    unittest.main()
