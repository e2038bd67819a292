"""The plugin and its sink keep their contracts; lines are whole, and files may be rotated."""

import asyncio
import os
import threading
import uuid
from datetime import UTC, datetime

import attrs
import orjson
import pytest
from altus4_analytics_log import AnalyticsLogPlugin
from altus4_analytics_log.lines import EventLines

from altus4_core.counters import Counters
from altus4_core.records import Event
from altus4_core.testing.contracts import PluginContract, SinkContract


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return AnalyticsLogPlugin


class TestEventLines(SinkContract):
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "logs" / "events.jsonl"

    @pytest.fixture
    def provider(self, path):
        return EventLines(path, frozenset({"search"}), Counters().of("analytics-log"))

    @pytest.fixture
    def valid(self):
        payload = {"query": "line\nbreak", "mode": "natural", "database_ids": ["d1"], "result_count": 1, "took_ms": 2}
        now = datetime(2030, 1, 1, tzinfo=UTC)
        return [Event(str(uuid.uuid4()), "search", now, "user-1", f"request-{n}", payload) for n in range(3)]

    async def test_lines(self, provider, valid, path):
        await provider.write([valid[0], attrs.evolve(valid[1], kind="audit"), valid[2]])
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
        assert [line["id"] for line in lines] == [valid[0].id, valid[2].id]
        assert (lines[0]["query"], lines[0]["at"], lines[0]["userId"]) == (
            "line\nbreak",
            "2030-01-01T00:00:00Z",
            "user-1",
        )
        assert path.stat().st_mode & 0o777 == 0o600

    async def test_a_failed_search_has_its_code(self, provider, valid, path):
        failed = attrs.evolve(valid[1], payload={**valid[1].payload, "error_code": "TIMEOUT"})
        await provider.write([valid[0], failed])
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
        assert [line.get("error_code") for line in lines] == [None, "TIMEOUT"]

    async def test_a_renamed_file_is_begun_anew(self, provider, valid, path):
        await provider.write(valid[:1])
        path.rename(path.with_suffix(".1"))
        await provider.write(valid[1:])
        assert len(path.with_suffix(".1").read_bytes().splitlines()) == 1
        assert len(path.read_bytes().splitlines()) == 2

    async def test_a_file_that_cannot_be_written_is_told(self, valid, tmp_path):
        with pytest.raises(OSError):
            await EventLines(tmp_path, frozenset(), Counters().of("analytics-log")).write(valid)

    async def test_an_event_that_no_line_can_hold_does_not_hold_up_the_others(self, valid, path):
        counters = Counters().of("analytics-log")
        broken = attrs.evolve(valid[1], payload={"query": "\ud800"})
        await EventLines(path, frozenset(), counters).write([valid[0], broken, valid[2]])
        assert [orjson.loads(line)["id"] for line in path.read_bytes().splitlines()] == [valid[0].id, valid[2].id]
        assert counters.total("unreadable_events") == 1

    async def test_a_full_disk_takes_nothing_from_others_who_append(self, provider, valid, path, monkeypatch):
        """Another process appends just after the disk let us write a part: only that part may be cut off again."""
        await provider.write(valid[:1])
        before = path.read_bytes()
        real = os.write
        other = EventLines(path, frozenset(), Counters().of("analytics-log"))
        appending = []

        def partly(handle, data):
            monkeypatch.setattr(os, "write", real)
            written = real(handle, data[:5])
            thread = threading.Thread(target=lambda: asyncio.run(other.write(valid[2:])))
            thread.start()
            thread.join(0.2)
            appending.append(thread)
            return written

        monkeypatch.setattr(os, "write", partly)
        with pytest.raises(OSError, match="full"):
            await provider.write(valid[1:2])
        await asyncio.to_thread(appending[0].join)
        lines = [orjson.loads(line)["id"] for line in path.read_bytes().splitlines()]
        assert path.read_bytes().startswith(before)
        assert lines == [valid[0].id, valid[2].id]
