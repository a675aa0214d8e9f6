"""What the Debian packages say about themselves, as dpkg reads it. The server's package, which takes a minute to make,
is left to scripts/package-test."""
import pathlib
import re
import tempfile
import unittest

import tree

DEBIAN = tree.SOURCE / "packaging/debian"


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="traind-packages-")
        cls.addClassCleanup(temporary.cleanup)
        tree.run("cpack", "-G", "DEB", "--config", tree.BUILD / "CPackConfig.cmake", "-B", temporary.name,
                 "-D", "CPACK_COMPONENTS_ALL=client;dev", cwd=tree.BUILD)
        cls.packages = {path.name.partition("_")[0]: path for path in pathlib.Path(temporary.name).glob("*.deb")}

    def field(self, package, name):
        return tree.run("dpkg-deb", "-f", self.packages[package], name).strip()

    def contents(self, package):
        listing = tree.run("dpkg-deb", "-c", self.packages[package])
        return {line.split()[5] for line in listing.splitlines() if not line.startswith("d")}

    def test_client_and_library_are_packages_of_their_own(self):
        self.assertEqual(set(self.packages), {"traind-client", "libtraind-client-dev"})

    def test_client_is_trainctl_with_its_page_and_completion(self):
        self.assertEqual(self.contents("traind-client"), {
            "./usr/bin/trainctl", "./usr/share/man/man1/trainctl.1.gz",
            "./usr/share/bash-completion/completions/trainctl", "./usr/share/zsh/vendor-completions/_trainctl",
            "./usr/share/doc/traind-client/copyright"})

    def test_client_depends_on_the_libraries_that_it_links(self):
        depends = self.field("traind-client", "Depends")
        for library in ("libc6", "libgrpc++1.51", "libprotobuf32", "libpng16-16", "libstdc++6"):
            self.assertRegex(depends, rf"(^|, ){re.escape(library)}( |,|$)")
        self.assertNotIn("torch", depends)

    def test_library_depends_on_what_its_cmake_files_look_for(self):
        config = (DEBIAN.parent / "traind_client-config.cmake.in").read_text()
        package_of = {"absl": "libabsl-dev", "Protobuf": "libprotobuf-dev", "gRPC": "libgrpc++-dev", "Threads": None}
        found = re.findall(r"find_dependency\((\w+)\)", config)
        self.assertEqual(set(found), set(package_of))
        for package in filter(None, package_of.values()):
            self.assertIn(package, self.field("libtraind-client-dev", "Depends"))

    def test_every_package_tells_version_and_purpose(self):
        for package in self.packages:
            self.assertRegex(self.field(package, "Version"), r"^\d+\.\d+\.\d+$")
            self.assertRegex(self.field(package, "Description"), r"^\w.*\n \w")


class MaintainerScripts(unittest.TestCase):
    def test_scripts_are_good_shell(self):
        tree.run("shellcheck", *(DEBIAN / name for name in ("postinst", "prerm", "postrm")))

    def test_configuration_that_is_kept_is_what_the_unit_reads(self):
        conffiles = (DEBIAN / "conffiles").read_text().split()
        self.assertEqual(conffiles, ["/etc/default/traind"])
        unit = tree.SOURCE / "deploy/systemd/traind.service"
        if unit.exists():
            self.assertIn("EnvironmentFile=-/etc/default/traind", unit.read_text())

    def test_unit_needs_no_user_that_no_script_makes(self):
        unit = tree.SOURCE / "deploy/systemd/traind.service"
        if unit.exists():
            self.assertIn("DynamicUser=yes", unit.read_text())

    def test_settings_in_the_configuration_are_options_of_the_server(self):
        options = tree.run(tree.TREE / "bin/traind", "--help")
        settings = re.findall(r"^#?TRAIND_(\w+)=", (DEBIAN / "traind.default").read_text(), re.MULTILINE)
        self.assertTrue(settings)
        for setting in settings:
            self.assertIn(f"--{setting.lower().replace('_', '-')} ", options)


if __name__ == "__main__":
    unittest.main()
