"""The manifests: valid for Kubernetes, and as strict as its `restricted` profile."""
import unittest

import kubernetes_validate

import kustomization
import repository

KUBERNETES = repository.DEPLOY / "kubernetes"
FOLDERS = {"base": KUBERNETES / "base", **{path.name: path for path in (KUBERNETES / "overlays").iterdir()}}
# The oldest that has gRPC probes and unhealthyPodEvictionPolicy as stable or beta, and a new one.
VERSIONS = ("1.27", "1.34")
# What the operator's own schema requires; its CRDs are not in the validator.
OPERATOR_FIELDS = {
    "ServiceMonitor": {"selector": dict, "endpoints": list},
    "PrometheusRule": {"groups": list},
}


def find(documents, kind, name="traind"):
    return next(document for document in documents if kustomization.identity(document) == (kind, name))


def container(documents):
    return find(documents, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]


class SchemaTest(unittest.TestCase):
    def test_all_resources_are_valid(self):
        for folder, path in FOLDERS.items():
            for document in kustomization.build(path):
                for version in VERSIONS if document["kind"] not in OPERATOR_FIELDS else ():
                    with self.subTest(folder=folder, resource=kustomization.identity(document), version=version):
                        kubernetes_validate.validate(document, version, strict=True)

    def test_the_operators_resources_have_what_it_requires(self):
        documents = kustomization.build(FOLDERS["monitoring"])
        for kind, fields in OPERATOR_FIELDS.items():
            document = find(documents, kind)
            self.assertEqual(document["apiVersion"], "monitoring.coreos.com/v1")
            for field, type_ in fields.items():
                self.assertIsInstance(document["spec"][field], type_, f"{kind}.spec.{field}")

    def test_a_misspelt_field_is_found(self):
        stateful_set = find(kustomization.build(FOLDERS["base"]), "StatefulSet")
        stateful_set["spec"]["replica"] = 1
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(stateful_set, VERSIONS[0], strict=True)


class BaseTest(unittest.TestCase):
    def setUp(self):
        self.documents = kustomization.build(FOLDERS["base"])
        self.pod = find(self.documents, "StatefulSet")["spec"]["template"]
        self.container = container(self.documents)

    def test_the_pod_meets_the_restricted_profile(self):
        pod, own = self.pod["spec"]["securityContext"], self.container["securityContext"]
        self.assertTrue(pod["runAsNonRoot"])
        self.assertEqual(pod["seccompProfile"]["type"], "RuntimeDefault")
        self.assertEqual(own["capabilities"], {"drop": ["ALL"]})
        self.assertFalse(own["allowPrivilegeEscalation"])
        self.assertTrue(own["readOnlyRootFilesystem"])

    def test_no_token_of_the_cluster_is_in_the_pod(self):
        self.assertFalse(find(self.documents, "ServiceAccount")["automountServiceAccountToken"])
        self.assertFalse(self.pod["spec"]["automountServiceAccountToken"])

    def test_all_probes_ask_the_health_service(self):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            self.assertEqual(self.container[probe]["grpc"]["port"], 50051)

    def test_the_pod_outlives_the_servers_own_grace(self):
        grace = float(find(self.documents, "ConfigMap")["data"]["TRAIND_SHUTDOWN_GRACE"])
        self.assertGreater(self.pod["spec"]["terminationGracePeriodSeconds"], grace)

    def test_selectors_find_the_pod_and_ports_its_ports(self):
        labels = self.pod["metadata"]["labels"].items()
        ports = {port["name"] for port in self.container["ports"]}
        for name in ("traind", "traind-headless"):
            service = find(self.documents, "Service", name)
            self.assertLessEqual(service["spec"]["selector"].items(), labels)
            self.assertLessEqual({port["targetPort"] for port in service["spec"]["ports"]}, ports)
        for kind, field in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
            self.assertLessEqual(find(self.documents, kind)["spec"][field]["matchLabels"].items(), labels)
        self.assertEqual(find(self.documents, "StatefulSet")["spec"]["serviceName"], "traind-headless")

    def test_what_is_mounted_exists(self):
        volumes = {volume["name"] for volume in self.pod["spec"]["volumes"]}
        claims = {claim["metadata"]["name"]
                  for claim in find(self.documents, "StatefulSet")["spec"]["volumeClaimTemplates"]}
        self.assertEqual({mount["name"] for mount in self.container["volumeMounts"]}, volumes | claims)


class OverlayTest(unittest.TestCase):
    def test_gpu_adds_one_gpu_and_the_cuda_image_to_the_base(self):
        base, gpu = container(kustomization.build(FOLDERS["base"])), container(kustomization.build(FOLDERS["gpu"]))
        self.assertEqual(gpu["resources"]["limits"]["nvidia.com/gpu"], 1)
        self.assertEqual(gpu["image"], base["image"] + "-cuda")
        self.assertEqual(gpu["resources"]["requests"]["cpu"], base["resources"]["requests"]["cpu"])
        self.assertEqual(gpu["securityContext"], base["securityContext"])

    def test_the_service_monitor_selects_one_service_and_its_port(self):
        documents = kustomization.build(FOLDERS["monitoring"])
        monitor = find(documents, "ServiceMonitor")["spec"]
        wanted = monitor["selector"]["matchLabels"].items()
        services = [document for document in documents
                    if document["kind"] == "Service" and wanted <= document["metadata"]["labels"].items()]
        self.assertEqual([service["metadata"]["name"] for service in services], ["traind"])
        self.assertIn(monitor["endpoints"][0]["port"], {port["name"] for port in services[0]["spec"]["ports"]})

    def test_the_job_is_the_one_that_the_alerts_know(self):
        documents = kustomization.build(FOLDERS["monitoring"])
        label = find(documents, "ServiceMonitor")["spec"]["jobLabel"]
        self.assertEqual(find(documents, "Service")["metadata"]["labels"][label], "traind")


class KustomizationTest(unittest.TestCase):
    def test_a_patch_reaches_into_lists_by_name_and_keeps_the_rest(self):
        value = {"containers": [{"name": "a", "x": 1, "y": 1}, {"name": "b"}], "args": ["1", "2"]}
        patch = {"containers": [{"name": "a", "x": 2}], "args": ["3"]}
        self.assertEqual(kustomization.merged(value, patch),
                         {"containers": [{"name": "a", "x": 2, "y": 1}, {"name": "b"}], "args": ["3"]})

    def test_a_patch_for_nothing_is_refused(self):
        patch = {"kind": "StatefulSet", "metadata": {"name": "other"}}
        with self.assertRaisesRegex(ValueError, "fits 0 resources"):
            kustomization.apply_patch([], patch)

    def test_a_registrys_port_is_no_tag(self):
        self.assertEqual(kustomization.split_image("registry:5000/traind"), ("registry:5000/traind", ""))
        self.assertEqual(kustomization.split_image("registry:5000/traind:1"), ("registry:5000/traind", "1"))


if __name__ == "__main__":
    unittest.main()
