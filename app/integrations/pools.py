"""Connection pools, one per kind of TLS set-up, shared by all clients of the process."""
import threading

from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

_pools = {}
_lock = threading.Lock()


class PooledAdapter(HTTPAdapter):
    """requests' adapter; `ssl_options` are added to the SSL context. Certificates stay checked."""

    def __init__(self, ssl_options=0):
        self.ssl_options = ssl_options
        super().__init__(pool_connections=32, pool_maxsize=32, max_retries=0)

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs, **self._tls())

    def proxy_manager_for(self, proxy, **kwargs):
        return super().proxy_manager_for(proxy, **kwargs, **self._tls())

    def _tls(self):
        if not self.ssl_options:
            return {}
        context = create_urllib3_context()
        context.options |= self.ssl_options
        return {"ssl_context": context}


def pool(ssl_options=0):
    """The shared adapter for these SSL options. Sessions on top of it are cheap and hold no connections of their own."""
    with _lock:
        if ssl_options not in _pools:
            _pools[ssl_options] = PooledAdapter(ssl_options)
        return _pools[ssl_options]
