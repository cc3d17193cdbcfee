"""One leader among any number of processes: a file lock beside an SQLite database, an advisory lock on PostgreSQL."""
import fcntl
import threading
from pathlib import Path

import sqlalchemy as sa

LOCK_ID = 726_229_001       # any number that nobody else on this database uses


class Leader:
    """`try_lead()` again and again: true while this process leads. The lock dies with the process or its connection."""

    def __init__(self, engine):
        self.engine, self.file, self.connection = engine, None, None
        self.lock = threading.Lock()

    def try_lead(self):
        with self.lock:
            return self._file_lock() if self.engine.dialect.name == "sqlite" else self._advisory_lock()

    def _file_lock(self):
        if self.file is not None:
            return True
        path = Path(f"{self.engine.url.database}.clock")
        handle = path.open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        self.file = handle
        return True

    def _advisory_lock(self):
        try:
            if self.connection is None:
                self.connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                if not self.connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK_ID))):
                    self.release()
                    return False
            self.connection.scalar(sa.select(1))     # a lost connection has lost the lock too
            return True
        except sa.exc.DBAPIError:
            self.release()
            return False

    def release(self):
        if self.file is not None:
            self.file.close()
            self.file = None
        if self.connection is not None:
            self.connection.invalidate()
            self.connection.close()
            self.connection = None
