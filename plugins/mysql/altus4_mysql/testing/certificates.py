"""A certificate authority for tests of TLS."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_DAY = datetime.timedelta(days=1)


@frozen
class Certificate:
    """A certificate, its key and the authority's certificate, as PEM."""

    ca_pem: str
    cert_pem: str
    key_pem: str

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """Give the context of a server that shows it; a file is written into the folder."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = folder / "server.pem"
        file.write_text(self.key_pem + self.cert_pem)
        context.load_cert_chain(file)
        return context


class CertificateAuthority:
    """Signs certificates that are valid from yesterday until tomorrow."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self._key = ec.generate_private_key(ec.SECP256R1())
        self._serial = 1
        self._certificate = self._signed("test CA", self._key, ca=True)

    def issue(self, name: str, *, expired: bool = False) -> Certificate:
        """Make a certificate for a DNS name or address; `expired` since yesterday."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        signed = self._signed(name, key, ca=False, expired=expired)
        pem = serialization.Encoding.PEM
        return Certificate(
            ca_pem=self._certificate.public_bytes(pem).decode(),
            cert_pem=signed.public_bytes(pem).decode(),
            key_pem=key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
        )

    def _signed(
        self, name: str, key: "EllipticCurvePrivateKey", *, ca: bool, expired: bool = False
    ) -> "x509.Certificate":
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import NameOID

        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if ca else self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(self._serial)
            .not_valid_before(now - (3 * _DAY if expired else _DAY))
            .not_valid_after(now + (-_DAY if expired else _DAY))
        )
        self._serial += 1
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        else:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _general_name(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
