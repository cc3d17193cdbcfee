"""run.py as a user starts it: everything comes up on free ports, and nothing is left when it is stopped, however it is stopped."""
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from tests.jobs.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
START_S, STOP_S = 180, 15      # a loaded machine with two cores seeds the demo for a while


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Up:
    """A running `run.py up` of its own database, ports and sandbox books."""

    def __init__(self, folder):
        self.port, self.lines = free_port(), []
        values = {"DATABASE_URL": f"sqlite:///{folder}/up.db", "SANDBOX_STATE": f"{folder}/sandbox.json", "WEB_PORT": str(self.port),
                  "SANDBOX_PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}
        clean = {k: v for k, v in os.environ.items() if k not in ("SANDBOX_URL", "PUBLIC_URL", "WAYBRIDGE_SUPERVISOR")}
        self.process = subprocess.Popen([sys.executable, "run.py", "up"], cwd=ROOT, env={**clean, **values}, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self._read, daemon=True).start()
        self.family = []

    def _read(self):
        self.lines.extend(self.process.stdout)

    def ready(self):
        assert self.process.poll() is None, "".join(self.lines)
        return any("Ctrl-C stops everything" in line for line in self.lines)

    def alive(self):
        """Processes of the family that still live; each is remembered by its start time, for numbers are used again."""
        return [pid for pid, born in self.family if born_at(pid) == born]


def born_at(pid):
    """Start time of a living process in ticks, None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def descendants(pid):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if int(parent) == pid:
                found += [int(entry.name), *descendants(int(entry.name))]
    return found


@pytest.fixture
def running(tmp_path):
    up = Up(tmp_path)
    try:
        wait_until(up.ready, START_S)
        up.family = [(pid, born_at(pid)) for pid in descendants(up.process.pid)]
        yield up
    finally:
        up.process.kill()
        up.process.wait()
        for pid in up.alive():
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
def test_up_serves_restarts_a_dead_child_and_ctrl_c_leaves_nothing(running):
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/login/", timeout=10) as answer:
        assert answer.status == 200 and b'name="password"' in answer.read()
    assert len(running.family) >= 4, "web, worker, clock, sandbox"
    worker = next(pid for pid, _born in running.family if "worker" in Path(f"/proc/{pid}/cmdline").read_text().split("\0"))
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: any("«worker» ended" in line for line in running.lines))
    running.family = [(pid, born_at(pid)) for pid in descendants(running.process.pid)]
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(STOP_S) == 0
    assert running.alive() == []


@pytest.mark.slow
def test_children_end_when_the_supervisor_is_killed(running):
    running.process.kill()
    wait_until(lambda: not running.alive(), STOP_S)


def test_a_taken_port_is_said(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = subprocess.run([sys.executable, "run.py", "up"], cwd=ROOT, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/x.db", "WEB_PORT": port, "SANDBOX_PORT": str(free_port())})
    assert done.returncode == 1 and f"Port {port} is in use" in done.stderr
    assert not (tmp_path / "x.db").exists(), "nothing was begun"


@pytest.mark.parametrize("target", ["run", "test", "bench", "translate"])
def test_the_makefile_parses(target):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stdout, done.stderr
