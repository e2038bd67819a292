"""Plugins for other versions of the plugin API."""

from altus4_core import API, Plugin


class NewerMinor(Plugin):
    """Uses what this core does not have yet."""

    name = "newer-minor"
    api = (API[0], API[1] + 1)


class NewerMajor(Plugin):
    """Written for the next major version."""

    name = "newer-major"
    api = (API[0] + 1, 0)


class OlderMajor(Plugin):
    """Written for a major version that is gone."""

    name = "older-major"
    api = (API[0] - 1, 9)


class NoVersion(Plugin):
    """Says something else."""

    name = "no-version"
    api = "1.0"
