"""The installed man pages name everything that --help does, and are well formed."""
import re
import subprocess
import unittest

import tree

PAGES = {"traind": tree.TREE / "share/man/man1/traind.1", "trainctl": tree.TREE / "share/man/man1/trainctl.1"}


def help_of(program, *command):
    return tree.run(tree.TREE / "bin" / program, *command, "--help")


def commands_of(program):
    """The subcommands that the help lists."""
    section = re.search(r"^Subcommands:\n((?: {2}.*\n)+)", help_of(program), re.MULTILINE)
    return re.findall(r"^ {2}([\w-]+)", section[1], re.MULTILINE) if section else []


def rendered(program):
    """The page as plain text; bold and underlined letters are struck twice in it."""
    return re.sub(r".\x08", "", tree.run("mandoc", "-T", "ascii", "-O", "width=1000", PAGES[program]))


def complaints(page):
    """What mandoc finds, but that there is no date (pages are reproducible) and how long lines are."""
    result = subprocess.run(["mandoc", "-T", "lint", page], capture_output=True, text=True, check=False)
    return [line for line in result.stdout.splitlines() if "missing date" not in line and "longer than 80" not in line]


class ManPages(unittest.TestCase):
    def assert_names_options(self, program, *command):
        options = re.findall(r"^ +(?:-\w,)?(--[\w-]+)", help_of(program, *command), re.MULTILINE)
        self.assertIn("--help", options)
        for option in options:
            self.assertIn(option, rendered(program), command)

    def test_every_option_of_traind_is_named(self):
        self.assert_names_options("traind")

    def test_every_command_and_option_of_trainctl_is_named(self):
        self.assert_names_options("trainctl")
        commands = commands_of("trainctl")
        self.assertIn("predict", commands)
        for command in commands:
            self.assertRegex(rendered("trainctl"), rf"(?m)^ +{command} ")
            self.assert_names_options("trainctl", command)

    def test_pages_are_well_formed(self):
        for page in PAGES.values():
            self.assertEqual(complaints(page), [])

    def test_nothing_of_the_build_machine_is_told(self):
        for page in PAGES.values():
            self.assertNotIn(str(tree.BUILD), page.read_text())

    def test_defaults_are_told(self):
        self.assertIn("Default: 127.0.0.1:50051.", rendered("traind"))
        self.assertIn("Default: PREFIX/share/traind/recipes.", rendered("traind"))


if __name__ == "__main__":
    unittest.main()
