import attrs
import pytest
from altus4_databases_mysql.terms import ConnectionTerms, canonical_host

from altus4_core.errors import ValidationFailed

TERMS = ConnectionTerms(name="Shop", host="db.example", database="shop", username="ro", password="secret")
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"host": ""}, "host"),
        ({"host": "/tmp/mysql.sock"}, "host"),
        ({"host": "a\nb"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"database": ""}, "database"),
        ({"database": "x" * 65}, "database"),
        ({"username": ""}, "username"),
        ({"password": "a\0b"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"tls_mode": "prefer"}, "tlsMode"),
        ({"ca": "/etc/ssl/ca.pem"}, "ca"),
        ({"client_cert": PEM}, "clientKey"),
        ({"client_key": PEM}, "clientCert"),
        ({"pool": {"size": 0}}, "pool.size"),
        ({"pool": {"size": True}}, "pool.size"),
        ({"pool": {"sizes": 1}}, "pool.sizes"),
        ({"options": {"local_infile": True}}, "options.local_infile"),
        ({"options": {"init_command": "DROP TABLE x"}}, "options.init_command"),
        ({"environments": ()}, "environments"),
        ({"environments": ("production",)}, "environments"),
    ],
)
def test_what_is_wrong_is_named(change, field):
    with pytest.raises(ValidationFailed) as caught:
        attrs.evolve(TERMS, **change).checked()
    assert [problem["field"] for problem in caught.value.details] == [field]
    assert "secret" not in str(caught.value)


def test_all_problems_at_once():
    with pytest.raises(ValidationFailed) as caught:
        attrs.evolve(TERMS, name="", port=0, tls_mode="x").checked()
    assert len(caught.value.details) == 3


@pytest.mark.parametrize("password", ["", "päßwörd 🔑", "with\nnewline", " "])
def test_any_password_but_one_with_nul(password):
    assert attrs.evolve(TERMS, password=password).checked().password == password


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("DB.Example.", "db.example"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        (" 10.0.0.1 ", "10.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
    ],
)
def test_hosts_have_one_spelling(given, stored):
    assert canonical_host(given) == stored


def test_secrets_are_not_printed():
    terms = attrs.evolve(TERMS, client_cert=PEM, client_key=PEM.replace("AAAA", "KEYKEY"))
    assert "secret" not in repr(terms)
    assert "KEYKEY" not in repr(terms)
