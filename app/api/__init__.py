"""Open API and webhooks in."""


def init_api(app, appbuilder):
    pass
