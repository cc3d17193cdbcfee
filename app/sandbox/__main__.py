"""python -m app.sandbox --port 9090 --state var/sandbox.json [--speed 60] [--host 127.0.0.1]"""

import argparse

from gunicorn.app.base import BaseApplication

from . import create_sandbox

THREADS = 32


class Server(BaseApplication):
    """gunicorn without a command line or a configuration file."""

    def __init__(self, options: dict, state: str | None, speed: float):
        self.options, self.state, self.speed = options, state, speed
        super().__init__()

    def load_config(self) -> None:
        for key, value in self.options.items():
            self.cfg.set(key, value)

    def load(self):
        return create_sandbox(self.state, self.speed)


def announce(worker) -> None:
    """One line when calls can be answered; with --port 0 the only place that knows the port."""
    host, port = worker.sockets[0].getsockname()[:2]
    print(f"sandbox listening on http://{host}:{port}", flush=True)


def save(arbiter, worker) -> None:
    """Write the last changes when the worker is told to end."""
    if worker.wsgi is not None:
        worker.wsgi.extensions["world"].close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="Stand-in servers of Shopee, GoGo Xpress and VNPost.")
    parser.add_argument("--port", type=int, default=9090, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", default=None, help="JSON file that keeps shops, orders and tokens over a restart")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster delays run (retries, scans)")
    args = parser.parse_args()
    options = {
        "bind": f"{args.host}:{args.port}", "worker_class": "gthread", "workers": 1, "threads": THREADS, "timeout": 120,
        "graceful_timeout": 5, "loglevel": "warning", "post_worker_init": announce, "worker_exit": save, "control_socket_disable": True,
    }
    Server(options, args.state, args.speed).run()


if __name__ == "__main__":
    main()
