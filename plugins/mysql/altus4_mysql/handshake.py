"""The login: greeting, TLS, authentication. No secret leaves before its channel has been judged."""

import ipaddress
import ssl

from . import auth, packet
from . import protocol as p
from .errors import ConnectFailed, ConnectionLost, ConnectReason, ProtocolError, QueryFailed, ResultTooLarge
from .options import ConnectOptions
from .packet import Cursor, Greeting, Okay
from .wire import Wire

#: Bytes a server may send from the greeting to the end of the login: keys and texts are under 10 KiB.
LOGIN_BUDGET = 64 * 1024

_ERRNO_REASON: dict[int, ConnectReason] = {
    1044: "unknown_database",  # no rights on it, which is what servers say of unknown ones too
    1049: "unknown_database",
    1045: "access_denied",
    1130: "access_denied",
    1698: "access_denied",
    1862: "access_denied",
    3118: "access_denied",
    4151: "access_denied",
    3159: "tls",
    1040: "unreachable",
    1053: "unreachable",
    1129: "unreachable",
    1203: "unreachable",
    1226: "unreachable",
}


async def login(wire: Wire, options: ConnectOptions, context: ssl.SSLContext | None) -> tuple[Greeting, Okay]:
    """Log in on a fresh stream.

    Args:
        wire: connected with `LOGIN_BUDGET`, nothing read yet.
        options: account, schema, TLS mode.
        context: TLS context; None exactly when the mode is `disabled`.

    Returns:
        the greeting and the final OK.

    Raises:
        ConnectFailed: with its reason. Deadlines are the caller's.
    """
    try:
        greeting = await _greeting(wire)
        flags = p.CLIENT_FLAGS | (p.CONNECT_WITH_DB if options.database else 0)
        if context is not None:
            await _encrypt(wire, options, context, greeting, flags | p.SSL)
            flags |= p.SSL
        okay = await _authenticate(wire, options, greeting, flags, secure=context is not None)
    except QueryFailed as error:
        raise _refused(error) from None
    except (ProtocolError, ResultTooLarge) as error:
        raise ConnectFailed("protocol", server_text=str(error)) from None
    except ConnectionLost:
        raise ConnectFailed("unreachable") from None
    wire.allow(0)
    return greeting, okay


def _refused(error: QueryFailed) -> ConnectFailed:
    reason = _ERRNO_REASON.get(error.errno, "protocol")
    return ConnectFailed(reason, errno=error.errno, server_text=error.server_text)


async def _greeting(wire: Wire) -> Greeting:
    data = await wire.read()
    if data[0] == p.ERR:
        raise packet.parse_err(data)
    return packet.parse_greeting(data)


async def _encrypt(
    wire: Wire, options: ConnectOptions, context: ssl.SSLContext, greeting: Greeting, flags: int
) -> None:
    if not greeting.capabilities & p.SSL:
        # Somebody between us and the server can clear this bit; going on in clear is what they want.
        raise ConnectFailed("tls", "the server offers no TLS; enable it there, or set tls=disabled to go without")
    wire.send(_prelude(flags))
    try:
        await wire.start_tls(context, options.host)
    except ssl.SSLCertVerificationError as error:
        raise ConnectFailed(
            "tls", "the server's certificate was refused; check the CA and the host name", server_text=str(error)
        ) from None
    except (ssl.SSLError, OSError, UnicodeError, ValueError) as error:
        raise ConnectFailed("tls", server_text=str(error)) from None


def _prelude(flags: int) -> bytes:
    return flags.to_bytes(4, "little") + p.MAX_PAYLOAD.to_bytes(4, "little") + bytes((p.UTF8MB4_COLLATION,)) + bytes(23)


async def _authenticate(wire: Wire, options: ConnectOptions, greeting: Greeting, flags: int, *, secure: bool) -> Okay:
    plugin, salt = greeting.plugin, greeting.salt
    password = options.password.encode("utf-8")
    auth.require_allowed(plugin, secure=secure)
    response = auth.first_response(plugin, password, salt)
    payload = _prelude(flags) + options.user.encode("utf-8") + b"\0"
    if greeting.capabilities & p.PLUGIN_AUTH_LENENC_CLIENT_DATA:
        payload += packet.lenenc(len(response))
    else:
        payload = (flags & ~p.PLUGIN_AUTH_LENENC_CLIENT_DATA).to_bytes(4, "little") + payload[4:]
        payload += bytes((min(len(response), 255),))
        response = response[:255]
    payload += response
    if options.database:
        payload += options.database.encode("utf-8") + b"\0"
    wire.send(payload + plugin.encode("latin-1") + b"\0")

    switched = known = False
    while True:
        data = await wire.read()
        kind = data[0]
        if kind == p.OK:
            return packet.parse_ok(data)
        if kind == p.ERR:
            raise packet.parse_err(data)
        if kind == p.EOF and not switched and not known:
            switched = True
            plugin, salt = _switch(data)
            auth.require_allowed(plugin, secure=secure)
            wire.send(auth.first_response(plugin, password, salt))
        elif data == b"\x01\x03" and plugin == auth.CACHING_SHA2 and not known:
            known = True  # the server has the hash cached; OK follows
        elif data == b"\x01\x04" and plugin == auth.CACHING_SHA2 and not known:
            return await _full_authentication(wire, options, password, salt, secure=secure)
        else:
            message = "unexpected packet in the login"
            raise ProtocolError(message)


def _switch(data: bytes) -> tuple[str, bytes]:
    if len(data) == 1:
        message = "the server asks for the login method of MySQL 4.0, which is not allowed"
        raise ConnectFailed("not_allowed", message)
    cursor = Cursor(data, "auth switch", 1)
    plugin = cursor.until_nul()[:64].decode("latin-1")
    return plugin, cursor.rest().removesuffix(b"\0")


async def _full_authentication(
    wire: Wire, options: ConnectOptions, password: bytes, salt: bytes, *, secure: bool
) -> Okay:
    """The server does not have the hash cached and wants the password itself."""
    if secure:
        wire.send(password + b"\0")
    else:
        if not (options.loopback_key and _is_loopback(wire.peer())):
            raise ConnectFailed(
                "not_allowed",
                "the server wants the password under its own RSA key, which only TLS can vouch for; turn TLS on"
                " (or allow loopback_key for a server on this machine)",
            )
        wire.send(b"\x02")
        data = await wire.read()
        if data[0] == p.ERR:
            raise packet.parse_err(data)
        if data[0] != p.AUTH_MORE or len(salt) != 20:
            message = "no public key where one was due"
            raise ProtocolError(message)
        wire.send(auth.encrypt_password(password, salt, data[1:]))
    data = await wire.read()
    if data[0] == p.ERR:
        raise packet.parse_err(data)
    if data[0] != p.OK:
        message = "unexpected packet at the end of the login"
        raise ProtocolError(message)
    return packet.parse_ok(data)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
