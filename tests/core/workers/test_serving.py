"""Several processes on one port, under load, killed and stopped."""

import asyncio
import http.client
import json
import os
import signal
import socket
import time

import pytest
from processes import Asker, alive, command_lines, wait_until


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


async def under_load(asker, clients, work):
    """Do `work()` in a thread while clients ask, who are all well on their way by then; gives what it gives."""
    asking = asyncio.create_task(asker.run(clients))
    async with asyncio.timeout(30):
        while asker.answers.total() < 3 * clients:
            await asyncio.sleep(0.01)
        done = await asyncio.to_thread(work)
        asker.ended.set()
        await asking
    return done


async def test_all_serve_one_port_and_each_gets_its_share_of_a_burst(workers):
    one = workers()
    port = one.wait_ready()
    total = 0
    for _ in range(5):  # on a busy machine one worker may not get to run during a whole burst
        asker = Asker(port)
        await under_load(asker, 40, lambda: time.sleep(0.3))
        assert (set(asker.answers), asker.refused, asker.broken) == ({200}, 0, 0)
        total += asker.answers.total()
        if len(asker.by) == 2:
            break
    assert set(asker.by) == set(one.children())
    assert min(asker.by.values()) > 0.1 * asker.by.total(), "clients that keep their connections are spread"
    assert [line["message"] for line in one.said("listening")] == [
        f"listening on http://127.0.0.1:{port} with 2 workers"
    ]
    answers = [line for line in one.lines if line["channel"] == "altus4.access"]
    assert {line["worker"] for line in answers} == {1, 2}
    assert len(answers) == total


async def test_a_killed_worker_is_replaced_and_nobody_is_refused(workers):
    one = workers()
    port = one.wait_ready()
    killed, other = one.children()

    def kill():
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: one.said("worker 1 serves again"))

    asker = Asker(port, keep=1)
    await under_load(asker, 8, kill)
    assert asker.refused == 0
    assert asker.broken <= 8, "only what the killed one had in hand"
    assert set(asker.answers) == {200}
    (new,) = set(one.children()) - {other}
    assert new != killed
    assert one.said("worker 1 was ended by SIGKILL")
    fresh = Asker(port, keep=1)
    await under_load(fresh, 8, lambda: time.sleep(0.3))
    assert set(fresh.by) == {new, other}


async def test_one_that_dies_at_every_start_is_tried_less_and_less_while_the_other_serves(workers, tmp_path):
    one = workers()
    port = one.wait_ready()
    (tmp_path / "die").write_text("7")
    os.kill(one.children()[0], signal.SIGKILL)
    wait_until(lambda: len(one.said("ended with exit code 7")) == 2)
    assert [line["message"].rpartition(" in ")[2] for line in one.said("another is started")] == [
        "0.1 s",
        "0.2 s",
        "0.4 s",
    ]
    assert get(port, "/api/v1/who/0")[0] == 200
    (tmp_path / "die").unlink()
    wait_until(lambda: one.said("worker 1 serves again"))


async def test_a_stop_resets_nobody(workers):
    one = workers()
    port = one.wait_ready()
    pids = one.children()
    asker = Asker(port, "/api/v1/who/0.01")
    code = await under_load(asker, 40, lambda: (one.signal(), one.end())[1])
    assert code == 0
    assert (set(asker.answers), asker.broken) == ({200}, 0)
    assert not [pid for pid in pids if alive(pid)]
    assert [line["message"] for line in one.lines if line["channel"] == "altus4.workers"][1:] == ["stopping", "stopped"]


async def test_signals_to_the_whole_group_and_to_each_process_are_one_stop(workers):
    one = workers()
    port = one.wait_ready()
    asker = Asker(port, "/api/v1/who/1", keep=1)
    asking = asyncio.create_task(asker.run(6))
    await asyncio.sleep(0.4)
    os.killpg(one.pid, signal.SIGINT)  # Ctrl-C
    for pid in one.children():  # systemd: every process of the service
        os.kill(pid, signal.SIGTERM)
    assert await asyncio.to_thread(one.end) == 0
    await asking
    assert (asker.answers, asker.broken) == ({200: 6}, 0)


async def test_a_second_signal_waits_for_nobody(workers):
    one = workers(toml="enable = []\n[server]\ndrain_delay = 20.0\n")
    asker = Asker(one.wait_ready(), "/api/v1/who/25", keep=1)
    asking = asyncio.create_task(asker.run(2))
    await asyncio.sleep(0.3)
    one.signal()
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    one.signal()
    assert await asyncio.to_thread(one.end) == 0
    assert time.monotonic() - begun < 4
    asker.ended.set()
    await asking


async def test_one_that_hangs_is_ended_at_the_deadline(workers):
    toml = "enable = []\n[server]\ndrain_timeout = 0.2\n[events]\nflush_timeout = 0.0\n"
    one = workers(toml=toml)
    port = one.wait_ready()
    pids = one.children()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /api/v1/block/60 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        begun = time.monotonic()
        one.signal()
        assert await asyncio.to_thread(one.end) == 1
    assert time.monotonic() - begun < 8
    assert one.said("did not stop in time")
    assert not [pid for pid in pids if alive(pid)]


@pytest.mark.parametrize("blocked", [False, True])
async def test_no_worker_outlives_a_killed_supervisor(workers, blocked):
    toml = "enable = []\n[server]\ndrain_timeout = 1.5\ndrain_delay = 20.0\n[events]\nflush_timeout = 0.0\n"
    one = workers(toml=toml)
    port = one.wait_ready()
    pids = one.children()
    asker = Asker(port, "/api/v1/block/60" if blocked else "/api/v1/who/0.8", keep=1)
    asking = asyncio.create_task(asker.run(1 if blocked else 6))
    await asyncio.sleep(0.3)
    asker.ended.set()
    one.signal(signal.SIGKILL)
    one.process.wait()
    if not blocked:
        await asyncio.sleep(0.3)
        with socket.create_server(("127.0.0.1", port)):
            pass  # the port is free for another one while requests are finished
    await asyncio.to_thread(wait_until, lambda: not [pid for pid in pids if alive(pid)], 40)
    await asking
    if not blocked:
        assert (asker.answers, asker.broken) == ({200: 6}, 0)


async def test_figures_are_those_of_all_workers_whoever_answers(workers):
    one = workers()
    port = one.wait_ready()
    asker = Asker(port, keep=5)
    await under_load(asker, 10, lambda: time.sleep(0.2))
    total = asker.answers.total()
    for asked in range(6):
        metrics = json.loads(get(port, "/api/v1/metrics")[1])["data"]["metrics"]
        answers = {m["labels"]["worker"]: m["value"] for m in metrics if m["name"] == "altus4_http_answers_total"}
        assert set(answers) == {"1", "2"}
        assert sum(answers.values()) == total + asked
    os.kill(one.children()[1], signal.SIGSTOP)
    text = get(port, "/metrics")[1].decode() if asked else ""
    os.kill(one.children()[1], signal.SIGCONT)
    assert 'altus4_worker_up{worker="2"} 0' in text
    assert 'altus4_worker_up{worker="1"} 1' in text
    os.kill(one.children()[1], signal.SIGKILL)
    wait_until(lambda: one.said("worker 2 serves again"))
    text = get(port, "/metrics")[1].decode()
    assert 'altus4_worker_restarts_total{worker="2"} 1' in text
    assert text.count("# TYPE altus4_http_answers_total counter\n") == 1
    uptimes = {json.loads(get(port, "/health")[1])["uptime"] for _ in range(8)}
    assert max(uptimes) - min(uptimes) < 1, "that of the whole, not of the one that was started again"


async def test_what_the_command_line_said_reaches_the_workers_and_no_secret_is_on_theirs(workers, tmp_path):
    classes = "".join(f"class {name}(Plugin):\n    name = '{name.lower()}'\n" for name in ("Other", "More"))
    (tmp_path / "other.py").write_text(f"from altus4_core import Plugin\n{classes}")
    plugins = ("--plugin", "./other.py:Other", "--plugin", "./other.py:More", "--only", "mine,more")
    secret = "not-for-the-process-list-0123456789"
    one = workers(before=plugins, ALTUS4_SESSION_SECRET=secret, ALTUS4_SERVER__PORT="1")  # `--port` counts
    port = one.wait_ready()
    seen = set()
    while len(seen) < 2:
        answer = json.loads(get(port, "/api/v1/who/0")[1])["data"]
        seen.add(answer["pid"])
        assert (answer["workers"], answer["port"]) == (2, port)
        names = [each["name"] for each in json.loads(get(port, "/api/v1/capabilities")[1])["data"]["plugins"]]
        assert sorted(names) == ["mine", "more"]
    assert secret not in command_lines([one.pid, *one.children()])
    assert secret not in one.text
