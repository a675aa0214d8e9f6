"""Where things are, and the YAML and JSON of deploy/ as values."""
import json
import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules" / "traind.yml"
PROMETHEUS_CONFIG = DEPLOY / "prometheus" / "prometheus.yml"
DASHBOARDS = DEPLOY / "grafana" / "dashboards"


def load_yaml(path):
    """The one document of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def load_yaml_documents(path):
    """All documents of a YAML file, empty ones left out."""
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]


def dashboards():
    """All dashboards, by the name of their file without `.json`."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}


def alerts():
    """All alert rules, in the order of their file."""
    return [rule for group in load_yaml(RULES)["groups"] for rule in group["rules"]]
