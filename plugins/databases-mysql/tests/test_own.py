import attrs
from altus4_databases_mysql.gatekeeper import OwnEndpoint
from altus4_databases_mysql.own import own_endpoints

from altus4_core.settings import CoreSettings, Secret


def settings(url, port=3000):
    base = CoreSettings()
    return attrs.evolve(
        base, metadata=attrs.evolve(base.metadata, url=Secret(url)), server=attrs.evolve(base.server, port=port)
    )


def test_listener_and_metadata_schema():
    assert own_endpoints(settings("mysql://u:p%40@db.internal:3307/altus4_metadata?tls=disabled")) == (
        OwnEndpoint("127.0.0.1", 3000),
        OwnEndpoint("db.internal", 3307, "altus4_metadata"),
    )


def test_no_metadata_url_yet():
    assert own_endpoints(settings("")) == (OwnEndpoint("127.0.0.1", 3000),)
    assert own_endpoints(settings("sqlite:///x", port=0)) == ()
