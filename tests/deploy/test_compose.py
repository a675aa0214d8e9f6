"""The compose file: valid, closed to other machines, and as Prometheus and Grafana expect it."""
import json
import unittest

import compose_spec

import repository

FILE = repository.DEPLOY / "compose.yaml"


class ComposeTest(unittest.TestCase):
    def setUp(self):
        self.services = repository.load_yaml(FILE)["services"]

    def mounts(self, service):
        return dict(volume.split(":")[:2] for volume in self.services[service]["volumes"])

    def test_it_meets_the_compose_specification(self):
        # By JSON, as the validator does not know YAML's merge keys, which Compose does.
        compose_spec.PyCompose.from_json(json.dumps(repository.load_yaml(FILE))).validate()

    def test_a_misspelt_field_is_found(self):
        with self.assertRaisesRegex(ValueError, "imagee"):
            compose_spec.PyCompose.from_json('{"services": {"traind": {"imagee": "traind"}}}').validate()

    def test_ports_are_published_on_loopback_only(self):
        for name, service in self.services.items():
            for port in service["ports"]:
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")

    def test_every_service_is_locked_down_limited_and_watched(self):
        for name, service in self.services.items():
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"], name)
            self.assertNotIn(service["user"].split(":")[0], ("0", "root"), name)
            self.assertIn("memory", service["deploy"]["resources"]["limits"], name)
            self.assertIn("test", service["healthcheck"], name)
            self.assertEqual(service["restart"], "unless-stopped", name)

    def test_images_have_a_version(self):
        for name, service in self.services.items():
            self.assertRegex(service["image"], r":v?\d+\.\d+\.\d+$", name)

    def test_mounted_files_are_there(self):
        for name in self.services:
            for source in self.mounts(name):
                if source.startswith("."):
                    self.assertTrue((FILE.parent / source).is_dir(), f"{name}: {source}")

    def test_volumes_are_declared(self):
        declared = set(repository.load_yaml(FILE)["volumes"])
        named = {source for name in self.services for source in self.mounts(name) if not source.startswith(".")}
        self.assertEqual(named, declared)

    def test_prometheus_scrapes_the_service_at_the_port_of_the_image(self):
        jobs = {job["job_name"]: job for job in repository.load_yaml(repository.PROMETHEUS_CONFIG)["scrape_configs"]}
        host, port = jobs["traind"]["static_configs"][0]["targets"][0].split(":")
        self.assertIn(host, self.services)
        self.assertIn(f"TRAIND_METRICS_LISTEN=0.0.0.0:{port}",
                      (repository.ROOT / "Dockerfile").read_text(encoding="utf-8"))

    def test_grafana_finds_prometheus_and_the_dashboards(self):
        provisioning = repository.DEPLOY / "grafana" / "provisioning"
        source = repository.load_yaml(provisioning / "datasources/prometheus.yml")["datasources"][0]
        self.assertEqual(source["url"], "http://prometheus:9090")
        self.assertIn("prometheus", self.services)
        provider = repository.load_yaml(provisioning / "dashboards/traind.yml")["providers"][0]
        self.assertIn(provider["options"]["path"], self.mounts("grafana").values())

    def test_panels_know_the_scrape_interval(self):
        jobs = {job["job_name"]: job for job in repository.load_yaml(repository.PROMETHEUS_CONFIG)["scrape_configs"]}
        source = repository.load_yaml(repository.DEPLOY / "grafana/provisioning/datasources/prometheus.yml")
        self.assertEqual(source["datasources"][0]["jsonData"]["timeInterval"], jobs["traind"]["scrape_interval"])


if __name__ == "__main__":
    unittest.main()
