"""Settings are checked at start, and an error names the one that is wrong."""

from pathlib import Path

import pytest

from canting_server.settings import BadSettings, Settings, load, make_key, open_registry


def written(home: Path, text: str) -> Path:
    """Write a home's settings file."""
    (home / "canting-server.toml").write_text(text, encoding="utf-8")
    return home


def test_without_a_file_there_are_defaults_for_one_machine(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8470)
    assert (settings.body_timeout_s, settings.drain_s, settings.code_hours) == (30, 30, 72)


def test_the_file_is_read_and_the_environment_holds_before_it(tmp_path: Path) -> None:
    home = written(tmp_path, 'port = 9000\nhost = "0.0.0.0"\nlog_level = "debug"\n')
    assert load(home, {}).port == 9000
    settings = load(home, {"CANTING_PORT": "9001", "CANTING_HOME": "elsewhere", "PORT": "1"})
    assert (settings.port, settings.host, settings.log_level) == (9001, "0.0.0.0", "debug")  # noqa: S104


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 9000", "prot"),
        ('port = "many"', "port"),
        ('port = "9000"', "port"),
        ("port = 70_000", "port"),
        ("port = -1", "port"),
        ("port = true", "port"),
        ("host = 7", "host"),
        ("drain_s = -1", "drain_s"),
        ("body_timeout_s = 0", "body_timeout_s"),
        ('log_level = "loud"', "log_level"),
        ("[port]\nat = 1", "port"),
        ("port = ", "canting-server.toml"),
        ("\0", "canting-server.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        load(written(tmp_path, text), {})


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "canting-server.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match=r"canting-server\.toml"):
        load(tmp_path, {})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CANTING_PORT", "many"),
        ("CANTING_PORT", "65536"),
        ("CANTING_DRAIN_S", ""),
        ("CANTING_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_variable_is_named_as_the_setting_it_is(
    tmp_path: Path, variable: str, value: str
) -> None:
    with pytest.raises(BadSettings, match=variable):
        load(tmp_path, {variable: value})


def test_a_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    make_key(tmp_path)
    file = tmp_path / "registry.key"
    assert file.stat().st_mode & 0o777 == 0o600
    seed = file.read_bytes()
    assert len(seed) == 32
    with pytest.raises(FileExistsError):
        make_key(tmp_path)
    assert file.read_bytes() == seed
    assert open_registry(tmp_path).key.public == open_registry(tmp_path).key.public


@pytest.mark.parametrize("seed", [None, b"", bytes(31), bytes(33)])
def test_without_a_whole_key_there_is_no_registry(tmp_path: Path, seed: bytes | None) -> None:
    if seed is not None:
        (tmp_path / "registry.key").write_bytes(seed)
    with pytest.raises(BadSettings):
        open_registry(tmp_path)
