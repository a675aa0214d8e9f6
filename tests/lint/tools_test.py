"""Proves that the foreign linters run and can fail."""
import pathlib
import unittest

import tools
from bad_tree import BadTree


class ToolsTest(BadTree):
    def assert_fails_with(self, name, words):
        code, output = tools.run(name, self.root)
        self.assertNotIn(code, (0, 127), output)
        self.assertIn(words, output)

    def test_shellcheck_reads_scripts_without_suffix(self):
        self.write("scripts/setup", "#!/usr/bin/env bash\nrm -rf $1/*\n", mode=0o755)
        self.assert_fails_with("shell", "SC2086")

    def test_python_scripts_are_no_shell_scripts(self):
        self.write("scripts/fetch", "#!/usr/bin/python3\nprint('a')\n", mode=0o755)
        self.assertEqual(tools.run("shell", self.root), (0, "nothing to check"))

    def test_clang_format_refuses_another_style(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("server/a.cc", "int  a ;\n")
        self.assert_fails_with("format", "server/a.cc:1")

    def test_buf_refuses_a_field_without_comment(self):
        self.write("proto/buf.yaml", "version: v2\nlint:\n  use: [COMMENTS]\n")
        self.write("proto/a.proto", 'syntax = "proto3";\n// A message.\nmessage A {\n  int32 b = 1;\n}\n')
        self.assert_fails_with("proto", 'Field "b" should have a non-empty comment')

    def test_buf_refuses_a_change_that_breaks_clients(self):
        folder = pathlib.PurePath("proto")
        for proto in (tools.OWN_ROOT / folder).rglob("*.proto"):
            self.write(str(proto.relative_to(tools.OWN_ROOT)), proto.read_text(encoding="utf-8"))
        self.write("proto/buf.yaml", (tools.OWN_ROOT / "proto" / "buf.yaml").read_text(encoding="utf-8"))
        self.assertEqual(tools.run("breaking", self.root)[0], 0)
        service = self.root / folder / "traind" / "v1" / "prediction_service.proto"
        service.write_text(service.read_text(encoding="utf-8").replace("rpc Predict(", "rpc Foretell("), encoding="utf-8")
        self.assert_fails_with("breaking", 'Previously present RPC "Predict"')

    def test_a_linter_that_is_not_installed_is_a_failure(self):
        self.write("server/a.cc")
        missing = tools.shutil.which
        tools.shutil.which = lambda _: None
        self.addCleanup(setattr, tools.shutil, "which", missing)
        self.assertEqual(tools.run("format", self.root), (127, "clang-format is missing. Run scripts/setup."))


if __name__ == "__main__":
    unittest.main()
