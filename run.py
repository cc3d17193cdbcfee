"""One entry: `run.py [up | web | worker | clock | sandbox | upgrade | demo]`. See README, Commands."""
import sys

if __name__ == "__main__":
    from app.commands import main
    sys.exit(main(sys.argv[1:]))
