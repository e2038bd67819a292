"""The plugin in a gateway: readiness, doctor, settings, metrics, TLS."""

import asyncio
import shutil
import subprocess

import pytest
from altus4_redis import RedisPlugin
from altus4_redis.client import Reach, open_client, url_fault

from altus4_core import Plugin, hookimpl
from altus4_core.errors import StartupRefused
from altus4_core.limits import MemoryLimiter, QuotaSettings
from altus4_core.records import Severity, Subject

SEARCH = {"query": "database", "databases": ["notes"]}


def settings(url, more=""):
    # A busy machine may need more than the default to answer, and these tests are not about that.
    slow = "" if "timeout_ms" in more else "connect_timeout_ms = 400\noperation_timeout_ms = 400"
    return f'[plugins.redis]\nurl = "{url}"\npause = 0.2\n{slow}\n{more}\n[server]\nmetrics = "public"\n'


async def metric(client, name):
    figures = (await (await client.get("/api/v1/metrics")).json())["data"]["metrics"]
    return sum(f["value"] for f in figures if f["labels"].get("name") == name)


async def test_a_missing_redis_leaves_the_node_ready_and_is_counted(client_factory, private_redis):
    server = private_redis()
    client = await client_factory(RedisPlugin, toml=settings(server.url))
    assert (await client.post("/api/v1/search", json=SEARCH)).status == 200
    assert await metric(client, "limits_not_shared") == 0
    await asyncio.to_thread(server.kill)
    answer = await client.post("/api/v1/search", json=SEARCH)
    assert answer.status == 200
    assert "X-RateLimit-Remaining" in answer.headers
    assert (await client.get("/health/ready")).status == 200
    assert await metric(client, "limits_not_shared") >= 1


async def test_with_deny_a_missing_redis_is_503_and_not_ready(client_factory, private_redis):
    server = private_redis()
    client = await client_factory(RedisPlugin, toml=settings(server.url, 'on_failure = "deny"'))
    assert (await client.get("/health/ready")).status == 200
    await asyncio.to_thread(server.pause)
    answer = await client.post("/api/v1/search", json=SEARCH)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert (await answer.json())["error"]["code"] == "LIMITER_UNAVAILABLE"
    assert (await client.get("/health/ready")).status == 503
    await asyncio.to_thread(server.resume)
    await asyncio.sleep(0.5)
    assert (await client.get("/health/ready")).status == 200
    assert (await client.post("/api/v1/search", json=SEARCH)).status == 200


async def test_a_start_needs_no_redis(client_factory, private_redis):
    server = private_redis()
    await asyncio.to_thread(server.kill)
    client = await client_factory(RedisPlugin, toml=settings(server.url))
    assert (await client.post("/api/v1/search", json=SEARCH)).status == 200
    assert (await client.get("/health/ready")).status == 200


@pytest.mark.parametrize(("deny", "expected"), [("allow", Severity.WARNING), ("deny", Severity.ERROR)])
async def test_doctor(gateway_factory, private_redis, deny, expected):
    server = private_redis()
    gateway = gateway_factory(RedisPlugin, toml=settings(server.url, f'on_failure = "{deny}"'))
    await gateway.start()
    try:
        check = gateway.composition.named("check", "redis").provider
        assert (await check.run()).severity is Severity.OK
        await asyncio.to_thread(server.kill)
        found = await check.run()
        assert (found.severity, server.password in repr(found)) == (expected, False)
    finally:
        await gateway.stop()


async def test_two_gateways_tell_each_other(gateway_factory, private_redis):
    server = private_redis()
    gateways = [gateway_factory(RedisPlugin, toml=settings(server.url)) for _ in range(2)]
    for gateway in gateways:
        await gateway.start()
    try:
        heard = []
        gateways[1].changes.listen("key", heard.append)
        async with asyncio.timeout(5):
            while not heard:
                gateways[0].changes.tell("key", "k")
                await asyncio.sleep(0.02)
    finally:
        for gateway in gateways:
            await gateway.stop()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://h", "no Redis URL"),
        ("redis://:hush@h:99999/0", "no URL"),
        ("redis://:hush@h/x", "number"),
        ("redis://:hush@h/0?socket_timeout=100", "behind"),
        ("redis:///0", "no Redis URL"),
        ("", "no Redis URL"),
    ],
)
def test_a_wrong_url_is_one_line_without_the_password(gateway_factory, url, word):
    gateway = gateway_factory(RedisPlugin, memory=None, toml=settings(url))
    lines = [problem.line() for problem in gateway.problems()]
    assert any("plugins.redis.url" in line and word in line for line in lines), lines
    assert "hush" not in "".join(lines)
    assert "\n" not in "".join(lines)


def test_good_urls():
    for url in ("redis://h", "rediss://u:p%40@h:1/15", "redis://[::1]:6379/", "redis://:p@h/0"):
        assert url_fault(url) is None
    assert "hush" not in repr(Reach("redis://:hush@h"))


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make certificates with")
async def test_tls_is_checked(private_redis, tmp_path, gateway_factory):
    for name in ("good", "other"):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    server = private_redis()
    client = open_client(Reach(server.url))
    for option, name in [("cert", "good.pem"), ("key", "good.key"), ("ca-cert", "good.pem")]:
        await client.config_set(f"tls-{option}-file", str(tmp_path / name))
    await client.config_set("tls-auth-clients", "no")
    await client.config_set("port", 0)
    await client.config_set("tls-port", server.port)
    await client.aclose()
    for host, file, works in [("localhost", "good", True), ("127.0.0.1", "good", False), ("localhost", "other", False)]:
        url = server.url.replace("redis://", "rediss://").replace(server.host, host)
        more = f'ca_file = "{tmp_path / file}.pem"\nconnect_timeout_ms = 1000\noperation_timeout_ms = 1000'
        gateway = gateway_factory(RedisPlugin, memory=None, toml=settings(url, more))
        await gateway.start()
        try:
            await gateway.composition.of("limiter")[0].provider.admit(Subject("key", "k"), "x", 1)
            assert (gateway.counters.of("redis").total("limits_not_shared") == 0) is works, (host, file)
        finally:
            await gateway.stop()


async def test_a_missing_file_is_said_at_start(gateway_factory, private_redis):
    gateway = gateway_factory(RedisPlugin, memory=None, toml=settings("rediss://h", 'ca_file = "none.pem"'))
    with pytest.raises(StartupRefused) as caught:
        await gateway.start()
    assert ["ca_file" in problem.what for problem in caught.value.problems] == [True]


async def test_nobody_waits_long_for_a_frozen_redis(client_factory, private_redis):
    """With the default time-outs of 50 ms each."""
    server = private_redis()
    more = "connect_timeout_ms = 50\noperation_timeout_ms = 50"
    client = await client_factory(RedisPlugin, toml=settings(server.url, more))
    await asyncio.to_thread(server.pause)
    loop = asyncio.get_running_loop()

    async def one():
        started = loop.time()
        assert (await client.post("/api/v1/search", json=SEARCH)).status == 200
        return loop.time() - started

    times = sorted([await one() for _ in range(30)])
    assert times[15] < 0.05  # most do not ask it
    assert times[-1] < 1


async def test_preferred_to_the_limiter_in_memory(gateway_factory, private_redis):
    class Memory(Plugin):
        """Another limiter of the same name."""

        name = "memory-limits"

        @hookimpl
        def altus4_limiters(self, ctx):
            return [MemoryLimiter(QuotaSettings().limits(), ctx.clock)]

    toml = settings("redis://h") + '[prefer]\n"limiter.default" = "redis"\n'
    gateway = gateway_factory(Memory, RedisPlugin, memory=None, toml=toml)
    assert [problem.line() for problem in gateway.problems()] == []
    assert [entry.plugin for entry in gateway.composition.of("limiter")] == ["redis"]
