"""Runs the image of a buildah container as a container engine would, in a network namespace without a network.

Usage: container_trial.py CONTAINER DATASETS BUILDAH…: DATASETS takes the place of the image's datasets, and BUILDAH…
is the command line up to buildah's command."""
import fcntl
import json
import socket
import struct
import subprocess
import sys
import time

START_SECONDS_MAX = 120
CHECK_SECONDS = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def bring_loopback_up():
    with socket.socket() as any_socket:
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True).stdout


class Container:
    """What the image says about itself, and commands run as it says."""

    def __init__(self, name, datasets, buildah):
        self.name, self.buildah = name, buildah
        config = json.loads(output(*buildah, "inspect", name))["Docker"]["config"]
        self.server = config["Entrypoint"] + config["Cmd"]
        folder = dict(entry.split("=", 1) for entry in config["Env"])["TRAIND_DATASETS_DIR"]
        self.volume = f"{datasets}:{folder}:ro"
        kind, *self.check = config["Healthcheck"]["Test"]
        assert kind == "CMD", kind

    def command(self, *arguments):
        """A command line that runs `arguments` with the image's user and environment."""
        return [*self.buildah, "run", "--isolation", "chroot", "--volume", self.volume, self.name, "--", *arguments]

    def is_healthy(self):
        return subprocess.run(self.command(*self.check), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0


def wait_until_healthy(container, server):
    deadline = time.monotonic() + START_SECONDS_MAX
    while not container.is_healthy():
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit("container_trial: the server did not become healthy; its log is above")
        time.sleep(CHECK_SECONDS)  # as an engine's interval


def main(name, datasets, *buildah):
    bring_loopback_up()
    container = Container(name, datasets, buildah)
    assert output(*container.command("id", "-u")).strip() != "0", "the image runs as root"
    assert not container.is_healthy(), "the health check succeeds without a server"
    server = subprocess.Popen(container.command(*container.server), stdin=subprocess.DEVNULL)
    try:
        wait_until_healthy(container, server)
        print("healthy", flush=True)
        subprocess.run(container.command("trainctl", "start", "--model", "s4", "--epochs", "1", "--threads", "1"), check=True)
        print(output(*container.command("trainctl", "predict", "--model", "s4", "--dataset", "mnist:test",
                                        "--index", "0..9"))[-300:])
    finally:
        server.terminate()  # buildah then ends the server by force
        server.wait(timeout=60)


if __name__ == "__main__":
    main(*sys.argv[1:])
