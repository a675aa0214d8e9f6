"""What `cmake --install` puts where, and that the tree may be moved."""
import os
import pathlib
import re
import tempfile
import unittest

import tree

PUBLIC_HEADERS = {"backoff.h", "client_options.h", "push_source.h", "run_listener.h", "run_state.h", "traind_client.h", "waiter.h"}
SYSTEM_LIBRARIES = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")


def component(name):
    with tempfile.TemporaryDirectory(prefix="traind-install-") as prefix:
        tree.install(prefix, "--component", name)
        return tree.files(pathlib.Path(prefix))


class InstalledTree(unittest.TestCase):
    def test_programs_and_their_files_are_there(self):
        for file in ("bin/traind", "bin/traind-worker", "bin/trainctl", "share/traind/recipes/s4.textproto",
                     "share/traind/protos/traind/v1/training_service.proto",
                     "share/traind/protos/inference/grpc_service.proto", "share/man/man1/traind.1",
                     "share/man/man1/trainctl.1", "share/bash-completion/completions/trainctl",
                     "share/bash-completion/completions/traind", "share/zsh/site-functions/_trainctl",
                     "share/zsh/site-functions/_traind", "lib/traind/libtorch/torch/lib/libtorch_cpu.so"):
            self.assertIn(file, tree.files(tree.TREE))

    def test_every_recipe_of_the_repository_is_there(self):
        recipes = {path.name for path in (tree.SOURCE / "recipes").glob("*.textproto")}
        self.assertEqual({path.name for path in (tree.TREE / "share/traind/recipes").iterdir()}, recipes)

    def test_every_deploy_file_of_the_repository_is_there(self):
        deploy = tree.SOURCE / "deploy"
        expected = {file for file in tree.files(deploy) if "__pycache__" not in file} if deploy.exists() else set()
        self.assertEqual(tree.files(tree.TREE / "share/traind/deploy"), expected)

    def test_headers_are_the_public_ones_alone(self):
        include = tree.TREE / "include"
        self.assertEqual([path.name for path in include.iterdir()], ["traind"])
        self.assertEqual({path.name for path in (include / "traind/client").iterdir()}, PUBLIC_HEADERS)
        others = tree.files(include / "traind/traind")
        self.assertTrue(others)
        for header in others:
            self.assertRegex(header, r"^v1/\w+\.pb\.h$")
            self.assertNotIn(".grpc.", header)

    def test_public_headers_include_only_what_is_installed(self):
        include = tree.TREE / "include/traind"
        for header in PUBLIC_HEADERS:
            for included in re.findall(r'#include "([^"]+)"', (include / "client" / header).read_text()):
                self.assertTrue(included.startswith("absl/") or (include / included).exists(), f"{header}: {included}")

    def test_libtorch_comes_without_what_only_building_needs(self):
        for file in tree.files(tree.TREE / "lib/traind/libtorch"):
            self.assertRegex(file, r"\.so(\.|$)")


class Components(unittest.TestCase):
    def test_client_is_trainctl_alone(self):
        self.assertEqual(component("client"), {
            "bin/trainctl", "share/man/man1/trainctl.1", "share/bash-completion/completions/trainctl",
            "share/zsh/site-functions/_trainctl"})

    def test_server_has_no_client_and_no_libraries(self):
        files = component("server")
        self.assertIn("bin/traind-worker", files)
        self.assertEqual({file for file in files if "trainctl" in file or file.startswith(("lib/", "include/"))},
                         {"lib/traind/libtraind_cuda.so", "lib/traind/libtorch.so"})

    def test_dev_is_headers_archives_and_cmake_files(self):
        for file in component("dev"):
            self.assertRegex(file, r"^(include/traind/|lib/libtraind_\w+\.a$|lib/cmake/traind_client/)")


class MovedTree(unittest.TestCase):
    def test_run_paths_are_relative_to_the_file(self):
        for file in tree.elf_files(tree.TREE):
            for path in re.findall(r"R(?:UN)?PATH\).*\[(.*)\]", tree.run("readelf", "-d", file)):
                for part in path.split(":"):
                    self.assertTrue(part.startswith("$ORIGIN"), f"{file}: {part}")

    def test_every_library_is_found_in_the_tree_or_the_system(self):
        for file in tree.elf_files(tree.TREE):
            for line in tree.run("ldd", file, env={"PATH": os.environ["PATH"]}).splitlines():
                self.assertNotIn("not found", line, file)
                for path in re.findall(r"=> (\S+)", line):
                    inside = os.path.realpath(path).startswith(str(tree.TREE.resolve()))
                    self.assertTrue(inside or path.startswith(SYSTEM_LIBRARIES), f"{file}: {line}")

    def test_no_text_names_the_folders_it_was_made_in(self):
        for file in tree.files(tree.TREE):
            data = (tree.TREE / file).read_bytes()
            if b"\0" not in data[:4096] and not file.endswith(".a"):
                for folder in (tree.SOURCE, tree.BUILD):
                    self.assertNotIn(str(folder).encode(), data, file)

    def test_programs_start(self):
        for program in ("traind", "trainctl", "traind-worker"):
            output = tree.run(tree.TREE / "bin" / program, "--version", env={})
            self.assertRegex(output, rf"^{program} \d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main()
