"""Who calls, whether they may, and whether it is too much: the three seams before any work."""

import math
from collections.abc import Collection, Mapping, Sequence

from aiohttp import web

from altus4_core.composing.composition import Composition, Entry
from altus4_core.dispatch import Dispatch
from altus4_core.errors import LimitsUnknown, PermissionDenied, ProviderFault, Rejected, TooManyRequests, Unavailable
from altus4_core.records import Action, AuthRequest, Identity, Subject, Verdict
from altus4_core.search.results import check_identity, check_verdict, expect
from altus4_core.settings.core import CoreSettings

_check_permits = expect(bool, optional=True)


class AccessControl:
    """Runs authentication schemes, policies and limiters with the failure policy of each seam."""

    def __init__(self, composition: Composition, dispatch: Dispatch, settings: CoreSettings) -> None:
        self._schemes: Sequence[Entry] = composition.of("auth-scheme")
        self._policies: Sequence[Entry] = composition.of("policy")
        self._limiters: Sequence[Entry] = composition.of("limiter")
        self._dispatch = dispatch
        self._deadlines = settings.deadlines
        self._allow_on_fault = settings.limits.on_fault == "allow"

    async def authenticate(self, request: web.Request, remote: str) -> Identity:
        """Ask the schemes in order until one answers.

        Raises:
            Rejected: 401.
            Unavailable: a scheme failed; the next is never asked, so a broken one cannot be bypassed.
        """
        if len(request.headers.getall("Authorization", ())) > 1:  # a proxy may have looked at the other one
            message = "Send the header Authorization once."
            raise Rejected(message, code="INVALID_AUTH_FORMAT")
        cookies = request.cookies if "Cookie" in request.headers else {}
        asked = AuthRequest(request.method, request.path, request.headers, cookies, remote)
        for entry in self._schemes:
            try:
                identity = await self._dispatch.call(
                    entry,
                    entry.provider.authenticate,
                    asked,
                    deadline=self._deadlines.auth,
                    check=check_identity,
                    passes=(Rejected, Unavailable, PermissionDenied),
                )
            except ProviderFault as fault:
                message = "Credentials cannot be checked right now."
                raise Unavailable(message, code="AUTHENTICATION_UNAVAILABLE", retry_after=1) from fault
            if identity is not None:
                return identity  # type: ignore[no-any-return]  # checked by check_identity
        raise _nobody_answered(request.headers.get("Authorization"))

    async def authorize(self, identity: Identity, action: Action, resource: str | None = None) -> None:
        """Ask every policy.

        Raises:
            PermissionDenied: one said no, one failed, or none said yes; or the caller is confined and the action is
                not.
        """
        allowed = False
        for entry in self._policies:
            try:
                opinion = await self._dispatch.call(
                    entry,
                    entry.provider.permits,
                    identity,
                    action,
                    resource,
                    deadline=self._deadlines.policy,
                    check=_check_permits,
                )
            except ProviderFault:
                opinion = False
            if opinion is False:
                raise _denied(identity, action)
            allowed = allowed or bool(opinion)
        if not allowed:
            raise _denied(identity, action)
        if action.whole_account and identity.databases is not None:
            raise _confined(identity.databases)

    async def admit(self, subject: Subject, action: str, cost: int = 1) -> Mapping[str, str]:
        """Ask every limiter.

        Returns:
            The headers to send; those of the tightest verdict.

        Raises:
            TooManyRequests: one refused.
            Unavailable: one failed and the setting says deny, or its own settings say so.
        """
        verdict = await self.judge(subject, action, cost)
        if verdict is None:
            return {}
        if not verdict.allowed:
            message = "Too many requests; see Retry-After."
            raise TooManyRequests(message, retry_after=verdict.retry_after, headers=limit_headers(verdict))
        return limit_headers(verdict)

    async def judge(self, subject: Subject, action: str, cost: int = 1) -> Verdict | None:
        """Ask every limiter until one refuses.

        Returns:
            That refusal, else the tightest verdict; None when nobody was asked.

        Raises:
            Unavailable: one failed and the setting says deny, or its own settings say so.
        """
        tightest: Verdict | None = None
        for entry in self._limiters:
            try:
                verdict: Verdict = await self._dispatch.call(
                    entry,
                    entry.provider.admit,
                    subject,
                    action,
                    cost,
                    deadline=self._deadlines.limiter,
                    check=check_verdict,
                    passes=(LimitsUnknown,),
                )
            except ProviderFault as fault:
                if self._allow_on_fault:
                    continue
                message = "Limits cannot be checked right now."
                raise Unavailable(message, code="LIMITER_UNAVAILABLE", retry_after=1) from fault
            if not verdict.allowed:
                return verdict
            if tightest is None or verdict.remaining < tightest.remaining:
                tightest = verdict
        return tightest


def subject_of(identity: Identity) -> Subject:
    """Say what is counted for an identity."""
    counted = identity.user_id if identity.limited_as == "account" else identity.credential_id
    return Subject(identity.limited_as, counted, identity.tier, identity.rate_limit)


def limit_headers(verdict: Verdict) -> dict[str, str]:
    """Write a verdict as headers: the published ones, and `RateLimit` of the IETF draft beside them."""
    reset = max(0, math.ceil(verdict.reset_after))
    remaining = max(0, verdict.remaining)
    return {
        "X-RateLimit-Limit": str(verdict.limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
        "X-RateLimit-Tier": verdict.tier,
        "RateLimit-Policy": f'"{verdict.policy}";q={verdict.limit};w={verdict.window}',
        "RateLimit": f'"{verdict.policy}";r={remaining};t={reset}',
    }


def _nobody_answered(authorization: str | None) -> Rejected:
    if not authorization or not authorization.strip():
        return Rejected("Send Authorization: Bearer with an API key or a session token.", code="NO_TOKEN")
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return Rejected("Write the header as Authorization: Bearer <token>.", code="INVALID_AUTH_FORMAT")
    return Rejected("This token is not known here.", code="INVALID_TOKEN")


def _denied(identity: Identity, action: Action) -> PermissionDenied:
    if action.role is not None and identity.role != action.role:
        return PermissionDenied(f"This needs the role {action.role}.", code="INSUFFICIENT_PRIVILEGES")
    details = {"required": [action.permission] if action.permission else [], "available": sorted(identity.permissions)}
    return PermissionDenied("The credentials do not allow this.", details=details)


def _confined(databases: Collection[str]) -> PermissionDenied:
    details = {"required": ["all databases"], "available": sorted(databases)}
    message = (
        "This concerns all databases of the account, and the key is confined to some: use a session, or a key without"
        " 'databases'."
    )
    return PermissionDenied(message, details=details)
