"""Which login methods are answered, and how. Pure functions; the exchange itself is in `handshake`."""

import hashlib

from .errors import ConnectFailed

NATIVE = "mysql_native_password"
CACHING_SHA2 = "caching_sha2_password"
SHA256 = "sha256_password"

_ALLOWED = frozenset((NATIVE, CACHING_SHA2))
_ALLOWED_IN_TLS = _ALLOWED | {SHA256}


def require_allowed(plugin: str, *, secure: bool) -> None:
    """Refuse a login method before anything derived from the password is sent.

    `mysql_clear_password` is refused even inside TLS: it hands the password to whoever answers.

    Args:
        plugin: the method the greeting or an auth switch names.
        secure: inside TLS.

    Raises:
        ConnectFailed: reason `not_allowed`; the name is in `server_text`.
    """
    if plugin in (_ALLOWED_IN_TLS if secure else _ALLOWED):
        return
    if plugin == SHA256:
        raise ConnectFailed("not_allowed", "sha256_password is allowed inside TLS only; turn TLS on")
    message = f"the server asks for a login method that is not allowed; give the account {CACHING_SHA2} or {NATIVE}"
    raise ConnectFailed("not_allowed", message, server_text=plugin)


def first_response(plugin: str, password: bytes, salt: bytes) -> bytes:
    """The answer to a method's challenge; `plugin` has been allowed before."""
    if plugin == NATIVE:
        return scramble_native(password, salt)
    if plugin == CACHING_SHA2:
        return scramble_caching_sha2(password, salt)
    return password + b"\0"  # sha256_password, inside TLS


def scramble_native(password: bytes, salt: bytes) -> bytes:
    """SHA1(password) XOR SHA1(salt + SHA1(SHA1(password))); empty for an empty password."""
    if not password:
        return b""
    # SHA-1 is what the protocol prescribes.
    stage1 = hashlib.sha1(password, usedforsecurity=False).digest()
    stage2 = hashlib.sha1(stage1, usedforsecurity=False).digest()
    return _xor(stage1, hashlib.sha1(salt + stage2, usedforsecurity=False).digest())


def scramble_caching_sha2(password: bytes, salt: bytes) -> bytes:
    """SHA256(password) XOR SHA256(SHA256(SHA256(password)) + salt); empty for an empty password."""
    if not password:
        return b""
    stage1 = hashlib.sha256(password).digest()
    stage2 = hashlib.sha256(stage1).digest()
    return _xor(stage1, hashlib.sha256(stage2 + salt).digest())


def encrypt_password(password: bytes, salt: bytes, key_pem: bytes) -> bytes:
    """The password under the server's RSA key (OAEP, SHA-1), as caching_sha2_password wants it without TLS.

    Raises:
        ConnectFailed: reason `protocol`: no RSA key of 2,048 to 8,192 bits.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    plain = password + b"\0"
    stream = salt * (len(plain) // len(salt) + 1)
    try:
        key = load_pem_public_key(key_pem)
        if not isinstance(key, RSAPublicKey) or not 2048 <= key.key_size <= 8192:
            raise ConnectFailed("protocol")
        return key.encrypt(
            _xor(plain, stream[: len(plain)]),
            OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None),  # noqa: S303 - prescribed by the protocol
        )
    except ValueError:
        raise ConnectFailed("protocol") from None


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
