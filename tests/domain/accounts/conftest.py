from tests.integration_flow.conftest import sandbox, sandbox_server, world  # noqa: F401
