"""`run.py demo --walk`: the whole job of a merchant's clerk against a running sandbox, each step told with its order numbers."""
import argparse
import contextlib
import os
import sys
import tempfile

import requests

from app.demo.job import StepFailed, Walk
from app.failures import Failure


def main(argv):
    """Do the walk; 0 when every step went well, else 1 with the reason on the terminal.

    Without a sandbox at `--base` (or with `--own`) it starts a sandbox and a temporary database of its own.
    """
    args = parser().parse_args(argv)
    with contextlib.ExitStack() as stack:
        try:
            base, app = _stage(args, stack)
            with app.app_context():
                _prepare(app, base)
            Walk(app, base).all()
        except StepFailed as failed:
            print(f"  FAILED: {failed}", file=sys.stderr)
            return 1
        except Failure as failure:
            print(f"  FAILED: {_told(app, failure)}", file=sys.stderr)
            return 1
        except requests.RequestException as error:
            print(f"  FAILED: the sandbox did not answer as it should ({type(error).__name__}: {error})", file=sys.stderr)
            return 1
    print("The whole job is done: every order shows SHIPPED with our number.")
    return 0


def parser():
    top = argparse.ArgumentParser(prog="run.py demo --walk")
    top.add_argument("--base", default=None, help="address of the sandbox")
    top.add_argument("--own", action="store_true", help="with a sandbox and a database of its own")
    top.add_argument("--database", default=None, help="database of an own walk; a temporary SQLite file when left out")
    return top


def _stage(args, stack):
    """(address of the sandbox, app): the running ones, or own ones that end with the stack."""
    from app.demo.seed import answers
    from config import Config
    base = (args.base or Config.SANDBOX_URL).rstrip("/")
    if not args.own and answers(base):
        from app import create_app
        return base, create_app(SANDBOX_URL=base)
    if not args.own:
        print(f"Nothing answers at {base}: the walk brings its own sandbox and database.")
    return _own(args.database, stack)


def _own(database, stack):
    from app import create_app
    from app.sandbox import create_sandbox, serve_in_thread
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="waybridge-walk-", ignore_cleanup_errors=True))
    base, stop = serve_in_thread(create_sandbox(None, 60))
    stack.callback(stop)
    app = create_app(SQLALCHEMY_DATABASE_URI=database or f"sqlite:///{os.path.join(folder, 'walk.db')}", SANDBOX_URL=base)
    stack.callback(_let_go, app)
    return base, app


def _let_go(app):
    from app.extensions import db
    with app.app_context():
        db.engine.dispose()


def _prepare(app, base):
    """Migrations, demo merchants and the demo's shops, as far as they are missing."""
    from app.cli import upgrade
    from app.demo import seed
    upgrade()
    seed.seed_demo(base)
    if app.config["PRODUCTION"] or not seed.is_demo():
        raise StepFailed("this installation has no demo merchants; run the walk with --own")


def _told(app, failure):
    from flask_babel import force_locale

    from app.messages import sentence
    with app.test_request_context(), force_locale("en"):
        return sentence(failure.code, failure.params)
