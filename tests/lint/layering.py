"""Checks which room may include what; docs/ARCHITECTURE.md says why."""
import pathlib
import re
import sys

import source_tree
from source_tree import Finding

# Rooms of server/ and the other rooms that each may include.
CORE = {"base", "datasets", "modules", "recipes", "runs", "serving", "sweeps"}
ROOMS = {
    "base": set(),
    "kernels": {"base"},
    "fused": {"kernels", "recipes", "base"},
    "datasets": {"base"},
    "recipes": {"base"},
    "modules": {"recipes", "datasets", "base"},
    "runs": {"recipes", "datasets", "modules", "base"},
    "sweeps": {"runs", "recipes", "base"},
    "serving": {"recipes", "base"},
    "oip": {"serving", "base"},
    "torch": CORE | {"kernels", "fused"},
    "store": CORE,
    "telemetry": CORE - {"datasets", "modules"},
    "rpc": CORE | {"oip"},
    "workers": CORE,
    "worker_link": CORE - {"datasets", "modules"},
}
# Folders whose C++ is not part of the product's rooms and may include anything.
FREE = {"tests", "bench"}
ASSEMBLY = "server"  # server.cc and the mains: they plug the rooms together
CLIENT = "client"

# Technology: who may include it. Rooms are named as above.
TECHNOLOGIES = (
    ("LibTorch", re.compile(r"^(torch|ATen|c10|caffe2)/"), {"torch"}),
    ("gRPC", re.compile(r"^(grpcpp|grpc)/|\.grpc\.pb\.h$"), {"rpc", "workers", "worker_link", CLIENT}),
    ("Prometheus", re.compile(r"^prometheus/"), {"telemetry"}),
    ("SQLite", re.compile(r"^sqlite3\.h$"), {"store"}),
    ("decoders of files", re.compile(r"^(png|jpeglib|zip)\.h$"), {"datasets", CLIENT}),
    ("CLI11", re.compile(r"^CLI/"), {ASSEMBLY, CLIENT}),
    ("spdlog", re.compile(r"^spdlog/"), {ASSEMBLY, CLIENT} | (set(ROOMS) - CORE - {"torch"})),
)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def room_of(path):
    """The room that a source file belongs to; None where no rule holds."""
    parts = path.parts
    if parts[0] in FREE:
        return None
    if parts[0] == "server":
        return parts[1] if len(parts) > 2 else ASSEMBLY
    return parts[0]


def room_rule(room, header):
    """Why `room` may not include the project's own `header`; None if it may."""
    parts = pathlib.PurePosixPath(header).parts
    if parts[0] == "client" and room != CLIENT:
        return "only client/ and tests include client/: the server does not know its clients"
    if parts[0] in FREE:
        return f"{parts[0]}/ is not part of the product"
    if parts[0] != "server":
        return None
    if room == CLIENT:
        return "client/ includes no server code: it knows the server by its protos alone"
    if room == ASSEMBLY:
        return None
    other = parts[1] if len(parts) > 2 else ASSEMBLY
    if other == room or other in ROOMS.get(room, set()):
        return None
    allowed = ", ".join(sorted(ROOMS.get(room, set()))) or "no other room"
    return f"room {room} may not include room {other}; it may include {allowed}"


def technology_rule(room, header):
    for name, pattern, rooms in TECHNOLOGIES:
        if pattern.search(header) and room not in rooms:
            return f"{header} is {name}, which only {', '.join(sorted(rooms))} may include"
    return None


def check(root):
    for path in source_tree.files(root):
        room = room_of(path)
        if path.suffix not in {".cc", ".h"} or room is None:
            continue
        if path.parts[0] == "server" and room not in ROOMS and room != ASSEMBLY:
            yield Finding(path, 1, f"unknown room {room}: give it its rule in tests/lint/layering.py")
        for number, line in source_tree.numbered_lines(root, path):
            include = INCLUDE.match(line)
            if include is None:
                continue
            reason = room_rule(room, include[1]) or technology_rule(room, include[1])
            if reason is not None:
                yield Finding(path, number, reason)


if __name__ == "__main__":
    sys.exit(source_tree.main(check))
