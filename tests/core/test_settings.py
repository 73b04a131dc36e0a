# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from core.settings import (
    CONFIG,
    ROOT,
    VARIABLES,
    Settings,
    SettingsError,
    kept_secret,
    load,
    read,
    running,
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    return folder


def test_the_shipped_files_hold_the_defaults_of_the_code() -> None:
    # default.toml is what operators read; it must not drift from what the code assumes.
    shipped = read({"JIANDU_ENV": "production"})
    bare = read({"JIANDU_ENV": "production"}, Path("/nonexistent"))
    for part in ("site", "server", "database", "redis", "storage", "worker", "session", "security"):
        assert getattr(shipped, part) == getattr(bare, part), part


def test_the_environment_wins_over_files_and_files_over_defaults(config: Path) -> None:
    (config / "default.toml").write_text("[server]\nport = 1\nhost = '0.0.0.0'\nweb = 5\n")
    (config / "development.toml").write_text("[server]\nport = 2\n")
    settings = read({"PORT": "3"}, config)
    assert (settings.server.port, settings.server.host, settings.server.web) == (3, "0.0.0.0", 5)
    assert read({}, config).server.port == 2
    assert read({"JIANDU_ENV": "test"}, config).server.port == 1


def test_empty_variables_count_as_unset(config: Path) -> None:
    # `make run PORT=` hands over an empty string.
    assert read({"PORT": "", "DATABASE_URL": " "}, config).server.port == Settings().server.port


def test_every_variable_leads_to_a_setting(config: Path) -> None:
    samples = {
        "JIANDU_ENV": "test",
        "JIANDU_DEMO": "1",
        "JIANDU_DEMO_SHARE": "0.5",
        "PORT": "5",
        "HTTPS": "1",
        "JIANDU_DEBUG_BAR": "1",
        "SMTP_PORT": "5",
        "JIANDU_WEB": "5",
        "JIANDU_LEGACY_DEFAULT_PASSWORD": "true",
        "JIANDU_LOG_LEVEL": "debug",
        "JIANDU_ADMINISTRATOR_CODES": "on",
        "JIANDU_LOG_FORMAT": "json",
    }
    for variable, path in VARIABLES.items():
        settings: object = read({variable: samples.get(variable, "/x")}, config)
        for name in path.split("."):
            settings = getattr(settings, name)
        assert settings not in ("", None, False), variable


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[security]\nlegacy_default_pasword = true\n", "security.legacy_default_pasword"),
        ("[sever]\nport = 1\n", "sever"),
        ("port = = 1\n", "default.toml"),
        ("[server]\nport = 'many'\n", "server.port"),
    ],
)
def test_what_nobody_reads_is_refused_by_name(config: Path, text: str, words: str) -> None:
    (config / "default.toml").write_text(text)
    with pytest.raises(SettingsError, match=words.replace(".", r"\.")):
        read({}, config)


def test_a_wrong_variable_is_named(config: Path) -> None:
    with pytest.raises(SettingsError, match="PORT='http'"):
        read({"PORT": "http"}, config)
    with pytest.raises(SettingsError, match="JIANDU_ENV='staging'"):
        read({"JIANDU_ENV": "staging"}, config)


def test_an_own_file_comes_last_before_the_environment(config: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[site]\nowner = '某县司法局'\n[server]\nport = 7\n")
    settings = read({"JIANDU_CONFIG": str(own), "PORT": "9"}, config)
    assert settings.site.owner == "某县司法局"
    assert settings.server.port == 9
    with pytest.raises(SettingsError, match="JIANDU_CONFIG"):
        read({"JIANDU_CONFIG": str(tmp_path / "missing.toml")}, config)


def test_the_data_folder_does_not_depend_on_where_one_stands(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read({}, config).data == ROOT / "var"
    assert read({"DATA": "elsewhere"}, config).data == ROOT / "elsewhere"
    assert read({"DATA": "/srv/jiandu"}, config).data == Path("/srv/jiandu")
    assert read({"DATA": "/srv/jiandu"}, config).storage_url == "file:///srv/jiandu/files"


def test_plugins_come_from_their_own_file(config: Path) -> None:
    (config / "plugins.toml").write_text(
        "[plugins]\nenabled = ['cases']\n[settings.cases]\nlimit = 3\n"
    )
    plugins = read({}, config).plugins
    assert plugins.enabled == ("cases",)
    assert plugins.settings["cases"]["limit"] == 3


def test_passwords_and_keys_are_not_printed(config: Path) -> None:
    settings = read(
        {
            "DATABASE_URL": "postgresql://u:hidden@h/d",
            "REDIS_URL": "redis://:hidden@h",
            "JIANDU_SECRET": "hidden",
            "STORAGE_SECRET_KEY": "hidden",
            "JIANDU_ENCRYPTION_KEY": "hidden",
        },
        config,
    )
    assert "hidden" not in repr(settings)


def test_cookies_are_secure_behind_https_only(config: Path) -> None:
    assert read({"JIANDU_URL": "https://jd.example.gov.cn"}, config).secure_cookies
    assert not read({"JIANDU_URL": "http://10.0.0.1:8800"}, config).secure_cookies
    assert not read({}, config).secure_cookies


def test_the_secret_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    first = kept_secret(tmp_path)
    assert len(first) >= 40
    assert kept_secret(tmp_path) == first
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


def test_production_with_its_own_database_insists_on_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JIANDU_ENV", "production")
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/jiandu")
    load.cache_clear()
    try:
        with pytest.raises(SettingsError, match="JIANDU_SECRET"):
            load()
        monkeypatch.setenv("JIANDU_SECRET", "x" * 40)
        assert load().secret == "x" * 40
    finally:
        load.cache_clear()


def test_a_record_without_its_lock_holder_is_not_believed(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    (tmp_path / "serve.json").write_text('{"pid": 1, "url": "http://127.0.0.1:1"}')
    (tmp_path / ".serve.lock").touch()
    assert running(tmp_path) is None


def test_the_example_names_only_variables_that_exist() -> None:
    named = {
        line.lstrip("# ").partition("=")[0]
        for line in (CONFIG / "example.env").read_text("utf-8").splitlines()
        if "=" in line and line.lstrip("# ").partition("=")[0].isupper()
    }
    assert named
    assert named <= {*VARIABLES, "JIANDU_CONFIG"}
