"""How --help is read; man pages and completion are made from it."""
import unittest

import cli_help
import completion
import man_page

HELP = """Rows and columns
Usage: sheet [OPTIONS] SUBCOMMAND

Positionals:
  name NAME ... REQUIRED      Which sheets

Options:
  -h,--help                   Print this help message and exit
  --server HOST:PORT=127.0.0.1:1 (Env:SHEET_SERVER)
                              Where it's kept
  --set PATH=VALUE            Change a cell
  --style TEXT:{plain,fine}=plain
                              How it looks
  --rows INT:INT in [1 - 9]=3
                              How many
  --invert Needs: --set       Turn around
  --all Excludes: --rows --set
                              Every row
[Option Group: source]
  From where
  [Exactly 1 of the following options is required]
  Options:
    --file FILE                 A [local] file

Subcommands:
  draw                        Draw it

Start with:
  sheet draw
"""


class SheetHelp(unittest.TestCase):
    def setUp(self):
        self.command = cli_help.parse("sheet", HELP)
        self.options = {option.names[-1]: option for option in self.command.options}


class CliHelp(SheetHelp):
    def test_description_is_what_stands_before_the_usage(self):
        self.assertEqual(self.command.description, "Rows and columns")

    def test_footer_is_no_option(self):
        self.assertEqual(list(self.options), ["--help", "--server", "--set", "--style", "--rows", "--invert", "--all", "--file"])
        self.assertEqual([command.name for command in self.command.subcommands], ["draw"])

    def test_value_default_and_environment_are_told_apart(self):
        server = self.options["--server"]
        self.assertEqual((server.metavar, server.default, server.environment, server.description),
                         ("HOST:PORT", "127.0.0.1:1", "SHEET_SERVER", "Where it's kept"))
        self.assertEqual((self.options["--set"].metavar, self.options["--set"].default), ("PATH=VALUE", ""))

    def test_choices_and_ranges_are_no_part_of_the_value(self):
        self.assertEqual((self.options["--style"].metavar, self.options["--style"].choices), ("TEXT", ("plain", "fine")))
        self.assertEqual((self.options["--rows"].metavar, self.options["--rows"].range), ("INT", "1 - 9"))

    def test_argument_that_may_be_repeated_says_so(self):
        name = self.command.positionals[0]
        self.assertEqual((name.metavar, name.repeated, name.required), ("NAME", True, True))
        self.assertIn("\\fINAME\\fR...", man_page.synopsis(self.command))
        self.assertEqual(completion.zsh_positional(name), "'*:NAME:_trainctl_recipes'")
        self.assertFalse(self.options["--rows"].repeated)

    def test_options_that_exclude_others_say_so(self):
        self.assertEqual(list(man_page.sentences(self.options["--all"])), ["Every row.", "Not with --rows or --set."])

    def test_rule_of_a_group_names_its_options(self):
        self.assertEqual(man_page.rule_sentence(self.command.rules[0]), "Exactly 1 of --file is required.")

    def test_text_without_options_is_refused(self):
        with self.assertRaisesRegex(ValueError, "sheet --help: expected a list of options"):
            cli_help.parse("sheet", "Usage: sheet\n")


class NestedCommands(SheetHelp):
    """`sheet draw line`, where `sheet draw` does nothing by itself."""

    def setUp(self):
        super().setUp()
        line = cli_help.Command("line", "Draw a line", [cli_help.Option(["--color"], "NAME", "Which")])
        self.command.subcommands = [cli_help.Command("draw", "Draw it", [], subcommands=[line])]

    def test_man_page_has_both_words_of_it(self):
        lines = man_page.command_list(self.command.subcommands)
        self.assertEqual(lines[:2], [".SS \\fBdraw line\\fR [\\fIOPTION\\fR...]", "Draw a line."])

    def test_bash_knows_what_may_follow_and_what_it_takes(self):
        cases = completion.bash_cases(self.command)
        self.assertEqual([case.strip() for case in cases["@COMMANDS@"]], ["'') echo 'draw' ;;", "'draw') echo 'line' ;;"])
        self.assertIn("'draw line:--color') echo 'recipe' ;;", [case.strip() for case in cases["@KINDS@"]])

    def test_zsh_offers_the_second_word(self):
        self.assertIn("'1:action:(line)'", "".join(completion.zsh_cases(self.command)))


class Kinds(SheetHelp):
    def test_what_a_value_is_follows_from_its_word(self):
        kinds = {name: completion.kind(option) for name, option in self.options.items()}
        self.assertEqual(kinds, {"--help": "flag", "--server": "text", "--set": "text", "--style": "words plain fine",
                                 "--rows": "text", "--invert": "flag", "--all": "flag", "--file": "file"})

    def test_models_and_what_can_be_deleted_are_asked_for(self):
        for metavar, kind in (("MODEL", "model"), ("RUN|MODEL@VERSION", "run")):
            self.assertEqual(completion.kind(cli_help.Option(["name"], metavar, "")), kind)

    def test_signs_of_zsh_are_escaped(self):
        self.assertEqual(list(completion.zsh_options([self.options["--server"]])),
                         ["'--server=[Where it'\\''s kept]:HOST\\:PORT:'"])
        self.assertEqual(list(completion.zsh_options([self.options["--file"]])),
                         ["'--file=[A \\[local\\] file]:FILE:_files'"])


if __name__ == "__main__":
    unittest.main()
