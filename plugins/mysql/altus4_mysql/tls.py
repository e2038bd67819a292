"""TLS contexts, one per set of options."""

import os
import ssl
import tempfile
from pathlib import Path

from .errors import InvalidOptions
from .options import TLSOptions


def build_context(options: TLSOptions) -> ssl.SSLContext:
    """Build a client context. Blocking (reads the system's CAs): call it in a thread.

    Not `ssl.create_default_context`: its strict flags refuse MySQL's own certificates on Python 3.13.

    Args:
        options: any mode but `disabled`.

    Returns:
        the context; TLS 1.2 or newer.

    Raises:
        InvalidOptions: a certificate or key is not valid PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = options.mode == "verify-identity"
    context.verify_mode = ssl.CERT_NONE if options.mode == "required" else ssl.CERT_REQUIRED
    if options.mode != "required":
        _load_authorities(context, options.ca_pem)
    if options.cert_pem is not None and options.key_pem is not None:
        _load_identity(context, options.cert_pem, options.key_pem)
    return context


def _load_authorities(context: ssl.SSLContext, ca_pem: str | None) -> None:
    if ca_pem is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return
    try:
        context.load_verify_locations(cadata=ca_pem)
    except (ssl.SSLError, ValueError):
        message = "the TLS CA is not valid PEM text"
        raise InvalidOptions(message) from None


def _load_identity(context: ssl.SSLContext, cert_pem: str, key_pem: str) -> None:
    # OpenSSL's Python interface takes files only; this one is readable by us alone and lives for milliseconds.
    descriptor, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key_pem + "\n" + cert_pem)
        # An encrypted key would make OpenSSL ask on the terminal; an empty answer makes it fail instead.
        context.load_cert_chain(name, password=lambda: b"")
    except (ssl.SSLError, ValueError):
        message = "the TLS client certificate or key is not valid PEM text (the key unencrypted)"
        raise InvalidOptions(message) from None
    finally:
        Path(name).unlink(missing_ok=True)
