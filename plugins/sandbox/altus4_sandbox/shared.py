"""Servers that one run shares: addresses travel in the environment of child processes."""

import os
from collections.abc import Mapping

from .address import ServerAddress
from .errors import SandboxError
from .flavour import Flavour
from .greeting import read_greeting


def variable_of(flavour: Flavour) -> str:
    """The environment variable with the administrator's URL of a shared server, `ALTUS4_TEST_MYSQL_URL` for MySQL."""
    return f"ALTUS4_TEST_{flavour.name}_URL"


def shared_address(flavour: Flavour, environment: Mapping[str, str] | None = None) -> ServerAddress | None:
    """The shared server the environment names, None when it names none.

    Raises SandboxError when nobody answers there, or a server of the other flavour does.
    """
    variable = variable_of(flavour)
    url = (os.environ if environment is None else environment).get(variable)
    if not url:
        return None
    address = ServerAddress.from_url(url, flavour, "")
    found = read_greeting(address.host, address.port, timeout=5)
    place = f"{address.host}:{address.port}"
    if found is None:
        message = f"no server answers at {place}, which {variable} names: start one, or unset the variable"
        raise SandboxError(message)
    if found.flavour is not flavour:
        message = f"{variable} names {place}, a {found.flavour.product} server: name {flavour.product} or unset it"
        raise SandboxError(message)
    return ServerAddress.from_url(url, flavour, found.version, tls=found.tls)
