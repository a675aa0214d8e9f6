"""Completion in real shells, with a real server to ask for names."""
import os
import pathlib
import pty
import re
import select
import tempfile
import time
import unittest

import harness
import tree

BASH_FILES = tree.TREE / "share/bash-completion/completions"
ZSH_FILES = tree.TREE / "share/zsh/site-functions"
SHELL_SECONDS_MAX = 30
ASK_BASH = 'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; "_$3"; printf "%s\\n" "${COMPREPLY[@]}"'


def bash(line):
    """What bash offers at the end of `line`."""
    program = line.split()[0]
    path = f"{tree.TREE}/bin:{os.environ['PATH']}"
    return tree.run("bash", "-c", ASK_BASH, "bash", BASH_FILES / program, line, program, env={"PATH": path}).split()


class Zsh:
    """An interactive zsh that knows the installed functions."""

    def __init__(self, folder):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", PATH=f"{tree.TREE}/bin:{os.environ['PATH']}", HOME=str(folder))
            os.execvp("zsh", ["zsh", "-f", "-i"])
        setup = (f"fpath=({ZSH_FILES} $fpath); autoload -U compinit; compinit -u -D; PS1='> '; "
                 "zstyle ':completion:*' list-prompt ''; LISTMAX=1000; unsetopt zle_bracketed_paste; COLUMNS=400; echo rea''dy\n")
        os.write(self.terminal, setup.encode())
        self.read_until("ready\r\n")

    def read_until(self, text):
        seen, deadline = "", time.monotonic() + SHELL_SECONDS_MAX
        while text not in seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"zsh: waited for {text!r}, got {seen!r}")
            seen += os.read(self.terminal, 65536).decode(errors="replace")
        return seen

    def complete(self, line):
        """The line as zsh completes it, behind a mark that it then echoes."""
        os.write(self.terminal, f"{line}\t".encode())
        os.write(self.terminal, b"\x01echo '<\x05>'\n")
        seen = self.read_until(">\r\n")
        found = re.findall(r"^<(.*)>\r$", seen, re.MULTILINE)
        return found[-1] if found else self.answer()

    def answer(self):
        return re.findall(r"^<(.*)>\r$", self.read_until(">\r\n"), re.MULTILINE)[-1]

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="traind-completion-")
        folder = pathlib.Path(cls.temporary.name)
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.server = cls.enterClassContext(harness.Traind(folder))
        started = cls.server.trainctl("start", "--model", "s4", "--epochs", "1", "--threads", "1")
        assert started.returncode == 0, started.stderr
        cls.zsh = Zsh(folder)
        cls.addClassCleanup(cls.zsh.close)

    def at_server(self, rest):
        return f"trainctl --server {self.server.address} {rest}"

    def test_bash_offers_commands_and_options(self):
        self.assertEqual(bash("trainctl st"), ["start"])
        self.assertEqual(bash("trainctl start --dev"), ["--device"])
        self.assertEqual(bash("trainctl logs s4-1 --fol"), ["--follow"])
        self.assertEqual(bash("traind --metrics-lis")[0][:16], "--metrics-listen")

    def test_bash_offers_global_options_behind_a_command(self):
        self.assertEqual(bash("trainctl runs --serv"), ["--server"])

    def test_bash_offers_the_words_that_an_option_takes(self):
        self.assertEqual(bash("trainctl start --precision "), ["bf16", "fp32", "tf32"])
        self.assertEqual(bash("trainctl start --precision=b"), ["bf16"])
        self.assertEqual(bash("traind --log-format j"), ["json"])
        self.assertEqual(bash("trainctl runs --state paus"), ["paused", "pausing"])

    def test_bash_offers_files(self):
        self.assertEqual(bash(f"trainctl start --recipe {tree.TREE}/share/traind/rec"), [f"{tree.TREE}/share/traind/recipes"])

    def test_bash_asks_the_server_for_names(self):
        self.assertEqual(bash(self.at_server("start --model s4-")), ["s4-classic"])
        self.assertEqual(bash(self.at_server("summary s4-c")), ["s4-classic"])
        self.assertEqual(bash(self.at_server("describe ")), ["s4-1"])
        self.assertEqual(bash(self.at_server("predict --model ")), ["s4"])

    def test_bash_offers_a_name_for_each_repeated_argument(self):
        self.assertEqual(bash(self.at_server("delete s4-9 ")), ["s4-1"])

    def test_bash_offers_nothing_when_no_server_answers(self):
        self.assertEqual(bash("trainctl --server 127.0.0.1:1 describe "), [])

    def test_zsh_completes_commands_and_options(self):
        self.assertEqual(self.zsh.complete("trainctl sta").strip(), "trainctl start")
        self.assertEqual(self.zsh.complete("trainctl start --dev").rstrip("= "), "trainctl start --device")

    def test_zsh_asks_the_server_for_names(self):
        for rest, name in (("describe s", "s4-1"), ("delete s4-9 s", "s4-1"), ("summary s4-c", "s4-classic"), ("predict --model s", "s4")):
            line = self.at_server(rest)
            completed = line[:line.rindex("s4" if "s4" in rest.split()[-1] else "s")] + name
            self.assertEqual(self.zsh.complete(line).strip(), completed)


if __name__ == "__main__":
    unittest.main()
