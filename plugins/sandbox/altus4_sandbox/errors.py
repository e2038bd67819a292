"""What can go wrong between "a server, please" and a running one; every message says what to do next."""


class SandboxError(Exception):
    """Base of this distribution's exceptions; the first line of its text stands alone."""


class ServerUnavailableError(SandboxError):
    """No server of the wanted flavour was found, and none could be fetched."""


class FetchError(SandboxError):
    """The distribution's packages could not be downloaded, unpacked or run."""


class StartError(SandboxError):
    """A server was found but did not become ready; the text ends with the tail of its log."""


class ProgramMissingError(SandboxError):
    """An installation lacks a client program that was asked for."""
