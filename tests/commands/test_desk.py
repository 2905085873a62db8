"""`desk` and `review --web` as processes: the address they print opens one browser, and Ctrl-C ends them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.commands.conftest import Cli

PROGRAM = "from screener.commands.app import main; main()"


@pytest.mark.parametrize(("words", "room"), [(["desk"], "/brief"), (["review", "--web", "--lang", "en"], "/review")])
def test_the_printed_address_opens_its_room_and_ctrl_c_ends_it(words: list[str], room: str, synthetic_db: Path) -> None:
    environment = {**os.environ, "SCREENER_DB": str(synthetic_db), "COLUMNS": "200"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    with process:
        assert process.stdout is not None and process.stderr is not None
        url = urlsplit(process.stdout.readline().decode().split()[-1])
        assert url.hostname == "127.0.0.1"
        with closing(HTTPConnection(url.netloc, timeout=60)) as connection:
            connection.request("GET", url.path)
            told = connection.getresponse()
            assert (told.status, told.headers["Location"]) == (303, room)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130 and b"Traceback" not in process.stderr.read()


SLOW = """
import time
from screener.research import Research
def waiting(house, **asked):
    print("asked", flush=True)
    time.sleep(3)
Research.waiting = waiting
"""


def test_what_is_under_way_when_the_desk_ends_is_told_so_without_a_traceback(synthetic_db: Path) -> None:
    words = ["review", "--web", "--lang", "en", "--db", str(synthetic_db)]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW + PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "200"},
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        url = urlsplit(process.stdout.readline().split()[-1])
        with closing(HTTPConnection(url.netloc, timeout=20)) as connection:
            connection.request("GET", url.path)
            opened = connection.getresponse()
            opened.read()
            connection.request("GET", "/review/queue", headers={"Cookie": opened.headers["Set-Cookie"].split(";")[0]})
            assert process.stdout.readline() and process.stdout.readline() == "asked\n"
            process.send_signal(signal.SIGINT)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (503, b'{"error":"the desk has ended"}')
        assert process.wait(20) == 130 and process.stderr.read().count("\n") == 1


def test_a_port_that_is_taken_is_one_sentence(cli: Cli) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        told = cli("desk", "--port", taken.getsockname()[1])
    assert told.code == 2 and "the port cannot be used" in told.err and len(told.err.splitlines()) == 1


def test_without_a_store_that_is_said_first(cli: Cli, tmp_path: Path) -> None:
    told = cli("desk", "--db", tmp_path / "none.duckdb")
    assert told.code == 1 and "no store yet" in told.err
