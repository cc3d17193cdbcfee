"""The commands of run.py. `up` supervises all processes of the embedded profile; the others are its single parts."""
import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESTARTS = 5            # of one child within a minute; then everything stops


def main(argv):
    args = parser().parse_args(argv or ["up"])
    # Before the settings are read: each process that is started by itself finds the sandbox on the same port as `up`.
    os.environ.setdefault("SANDBOX_URL", f"http://127.0.0.1:{os.environ.get('SANDBOX_PORT', 9090)}")
    return args.do(args) or 0


def parser():
    top = argparse.ArgumentParser(prog="run.py", description="Waybridge 运桥")
    commands = top.add_subparsers(required=True)

    def command(name, do, text, *options):
        sub = commands.add_parser(name, help=text, description=text)
        for flags, settings in options:
            sub.add_argument(flags, **settings)
        sub.set_defaults(do=do)

    host = ("--host", {"default": os.environ.get("WEB_HOST", "127.0.0.1")})
    port = ("--port", {"type": int, "default": int(os.environ.get("WEB_PORT", 8080))})
    box = ("--sandbox-port", {"type": int, "default": int(os.environ.get("SANDBOX_PORT", 9090))})
    command("up", up, "migrate, seed demo data, start web, worker, clock and sandbox; Ctrl-C stops all", host, port, box)
    command("web", web, "the web server (gunicorn)", host, port, ("--threads", {"type": int, "default": 8}), ("--processes", {"type": int, "default": 0}))
    command("worker", worker, "background jobs")
    command("clock", clock, "schedules; several by accident do no harm")
    command("sandbox", sandbox, "stand-in servers of platforms and carriers", box,
            ("--state", {"default": os.environ.get("SANDBOX_STATE", str(ROOT / "var" / "sandbox.json")), "help": "file that keeps its books (SANDBOX_STATE)"}),
            ("--speed", {"type": float, "default": 60.0}))
    command("upgrade", upgrade, "bring the database to this version")
    command("demo", demo, "demo data; --walk does the whole job against the sandbox and prints each step",
            ("--walk", {"action": "store_true"}), ("--own", {"action": "store_true", "help": "with a sandbox and database of its own"}))
    command("rotate-keys", rotate_keys, "seal all stored credentials with the newest of CREDENTIAL_KEYS")
    return top


# --- single processes ---------------------------------------------------------------------------------------------------


def web(args):
    from gunicorn.app.base import BaseApplication

    from config import Config
    sqlite = Config.SQLALCHEMY_DATABASE_URI.startswith("sqlite")
    options = {"bind": f"{args.host}:{args.port}", "workers": args.processes or (1 if sqlite else 2), "worker_class": "gthread",
               "threads": args.threads, "timeout": 120, "graceful_timeout": 20, "accesslog": None, "errorlog": "-", "loglevel": "warning",
               "control_socket_disable": True}

    class Server(BaseApplication):
        def load_config(self):
            for key, value in options.items():
                if key in self.cfg.settings:
                    self.cfg.set(key, value)

        def load(self):
            from app import create_app
            log_safely()
            return create_app()

    follow_parent()
    Server().run()


def worker(args):
    """Claims jobs until told to stop; then finishes or hands back within 20 seconds."""
    from app import create_app
    from app.jobs.pool import Pool
    log_safely()
    pool = Pool(create_app()).start()
    wait_for_signal()
    left = pool.stop()
    sys.stdout.flush()
    if left:
        os._exit(0)     # what was handed back must not go on here beside the worker that takes it up


def clock(args):
    from app import create_app
    from app.jobs.clock import Clock
    log_safely()
    running = Clock(create_app()).start()
    wait_for_signal()
    running.stop()


def sandbox(args):
    from app.sandbox.__main__ import main as serve
    follow_parent()
    Path(args.state).parent.mkdir(parents=True, exist_ok=True)
    sys.argv = ["sandbox", "--port", str(args.sandbox_port), "--state", args.state, "--speed", str(args.speed)]
    serve()


def upgrade(args):
    from app import create_app
    from app.cli import upgrade as bring_up
    app = create_app()
    with app.app_context():
        bring_up()
    print("The database is up to date.")


def demo(args):
    if args.walk:
        from app.demo.walk import main as walk
        return walk(["--own"] if args.own else [])
    from app import create_app
    from app.demo.seed import seed_demo
    app = create_app()
    with app.app_context():
        seed_demo(app.config["SANDBOX_URL"])
    print("The demo data is there.")


def rotate_keys(args):
    from app import create_app
    from app.cli import rotate_keys as rotate
    app = create_app()
    with app.app_context():
        print(f"{rotate()} credentials sealed with the newest key.")


def log_safely():
    """Errors to stderr with their traceback but without their text: a database error quotes the row, which holds people's data."""
    import logging
    import traceback

    class Formatter(logging.Formatter):
        def formatException(self, info):  # noqa: N802  the name is logging's
            _kind, error, _frames = info
            parts = []
            while error is not None:
                parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__module__ + "." + type(error).__name__)
                error = error.__cause__ or error.__context__
            return "\n  caused by\n".join(parts)

    handler = logging.StreamHandler()
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "WARNING"), handlers=[handler])


def wait_for_signal():
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    follow_parent(stop)
    while not stop.wait(1):
        pass


def follow_parent(stop=None):
    """A child of the supervisor ends when the supervisor is gone, however it went."""
    parent = os.environ.get("WAYBRIDGE_SUPERVISOR")
    if not parent:
        return

    def watch():
        while os.getppid() == int(parent):
            time.sleep(1)
        if stop is None:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            stop.set()

    threading.Thread(target=watch, daemon=True).start()


# --- the supervisor ---------------------------------------------------------------------------------------------------------


def up(args):
    """Everything in one process tree, on one machine, for demo and small installations."""
    for name, port in (("WEB_PORT", args.port), ("SANDBOX_PORT", args.sandbox_port)):
        if taken(args.host, port):
            print(f"Port {port} is in use. Stop what uses it, or choose another: {name}=… make run", file=sys.stderr)
            return 1
    url, box = f"http://{'127.0.0.1' if args.host == '0.0.0.0' else args.host}:{args.port}", f"http://127.0.0.1:{args.sandbox_port}"
    os.environ.update(SANDBOX_URL=box, WAYBRIDGE_SUPERVISOR=str(os.getpid()))
    os.environ.setdefault("SANDBOX_STATE", sandbox_state())
    os.environ.setdefault("PUBLIC_URL", url)
    supervisor = Supervisor()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stopping.set())
    upgrade(args)
    supervisor.start("sandbox", "--sandbox-port", str(args.sandbox_port))
    if not answers(f"{box}/control/state", supervisor):
        return supervisor.stop("The sandbox did not start.")
    demo(argparse.Namespace(walk=False))
    supervisor.start("web", "--host", args.host, "--port", str(args.port))
    supervisor.start("worker")
    supervisor.start("clock")
    if not answers(f"{url}/healthz", supervisor):
        return supervisor.stop("The web server did not start.")
    print(WELCOME.format(url=url, box=box), flush=True)
    return supervisor.watch()


WELCOME = """
Waybridge 运桥   {url}
  clerk     Merchant HMKJ, clerk           admin      Merchant HMKJ, administrator
  beta      Merchant BETA, clerk           service    Provider, customer service
  warehouse Provider, warehouse            provider   Provider, administrator
  password of all: Demo-Pass-2026!
Sandbox (platforms and carriers)   {box}/control/
Ctrl-C stops everything.
"""


def sandbox_state():
    """The sandbox's memory lies beside an SQLite database: two installations from one tree keep apart."""
    from config import Config
    url = Config.SQLALCHEMY_DATABASE_URI
    return f"{url.removeprefix('sqlite:///')}.sandbox.json" if url.startswith("sqlite:///") else str(ROOT / "var" / "sandbox.json")


def taken(host, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def answers(url, supervisor, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not supervisor.stopping.is_set():
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False


class Supervisor:
    """Starts children, restarts one that dies (bounded), stops all."""

    def __init__(self):
        self.children, self.deaths, self.stopping = {}, {}, threading.Event()

    def start(self, name, *args):
        # A session of its own: Ctrl-C reaches us only, and we stop the children in order.
        child = subprocess.Popen([sys.executable, str(ROOT / "run.py"), name, *args], start_new_session=True, cwd=ROOT)
        self.children[name] = (child, args)

    def watch(self):
        while not self.stopping.wait(0.5):
            for name, (child, args) in list(self.children.items()):
                if child.poll() is None:
                    continue
                recent = [t for t in self.deaths.get(name, []) if time.monotonic() - t < 60]
                self.deaths[name] = [*recent, time.monotonic()]
                if len(recent) >= RESTARTS:
                    return self.stop(f"«{name}» keeps ending (exit code {child.returncode}).")
                print(f"«{name}» ended with code {child.returncode}; it is started again.", file=sys.stderr)
                self.start(name, *args)
        return self.stop()

    def stop(self, reason=""):
        if reason:
            print(reason, file=sys.stderr)
        living = [child for child, _args in self.children.values() if child.poll() is None]
        for child in living:
            child.terminate()
        end = time.monotonic() + 22
        for child in living:
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        return 1 if reason else 0
