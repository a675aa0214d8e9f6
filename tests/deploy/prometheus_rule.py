"""Makes the PrometheusRule of deploy/kubernetes/overlays/monitoring/ from the alert rules.

Usage: prometheus_rule.py [--write]. Kustomize cannot take a file of rules as it is,
so this copy is checked in, and test_rules.py compares it. Without --write: prints it."""
import sys

import repository

TARGET = repository.DEPLOY / "kubernetes" / "overlays" / "monitoring" / "prometheus-rule.yaml"
HEAD = """\
# Made from deploy/prometheus/rules/traind.yml by tests/deploy/prometheus_rule.py.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: traind
  labels:
    app.kubernetes.io/name: traind
spec:
"""


def prometheus_rule(rules):
    """The manifest, from the text of a file of rules. ValueError if that has no groups."""
    start = rules.find("groups:\n")
    if start < 0:
        raise ValueError("expected a file of rules with `groups:`")
    return HEAD + "".join(f"  {line}" if line.strip() else line for line in rules[start:].splitlines(keepends=True))


if __name__ == "__main__":
    manifest = prometheus_rule(repository.RULES.read_text(encoding="utf-8"))
    if sys.argv[1:] == ["--write"]:
        TARGET.write_text(manifest, encoding="utf-8")
    elif not sys.argv[1:]:
        sys.stdout.write(manifest)
    else:
        sys.exit(__doc__)
