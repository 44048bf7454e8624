"""The environment becomes settings, or a list of everything that is wrong with it."""

from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from klear.settings import InvalidSettings, Secret, Settings, read

KEY = OKPKey.generate_key("Ed25519").as_pem(private=True).decode()

PRODUCTION = {
    "KLEAR_ENV": "production",
    "KLEAR_DATABASE_APP_URL": "postgresql://klear_app:hush@db/klear",
    "KLEAR_SIGNING_KEY": KEY,
    "KLEAR_PUBLIC_URL": "https://klear.example/",
}


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as caught:
        read(environ)
    return caught.value.problems


def test_nothing_set_is_development() -> None:
    settings = read({})
    assert settings == Settings(data=Path(".data").absolute())
    assert not settings.is_production


def test_empty_means_unset() -> None:
    settings = read({"KLEAR_PORT": "", "KLEAR_ENV": " "})
    assert (settings.port, settings.environment) == (8000, "development")


def test_the_real_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLEAR_PORT", "8123")
    assert read().port == 8123


def test_everything_set(tmp_path: Path) -> None:
    config = tmp_path / "klear.toml"
    config.write_text('[namespaces.news]\nsubscribe = "anyone"\n')
    settings = read(
        PRODUCTION
        | {
            "KLEAR_HOST": "0.0.0.0",
            "KLEAR_PORT": "80",
            "KLEAR_DATA": str(tmp_path),
            "KLEAR_DATABASE_URL": "postgres://owner@db/klear",
            "KLEAR_MEDIA_ADDRESS": "192.0.2.1, 2001:db8::1",
            "KLEAR_MEDIA_PORT": "40000",
            "KLEAR_API_KEY": "k" * 16,
            "KLEAR_CONFIG": str(config),
            "KLEAR_TRUSTED_PROXIES": "192.0.2.7, 10.0.0.0/8, 2001:db8::/32",
            "KLEAR_LOG_LEVEL": "error",
        }
    )
    assert settings.is_production
    assert (settings.host, settings.port, settings.data) == ("0.0.0.0", 80, tmp_path)
    assert settings.media_addresses == ("192.0.2.1", "2001:db8::1")
    assert settings.media_port == 40000
    assert settings.namespaces == {"news": {"subscribe": "anyone"}}
    assert settings.public_url == "https://klear.example"
    assert settings.trusted_proxies == ("192.0.2.7", "10.0.0.0/8", "2001:db8::/32")
    assert settings.log_level == "error"
    assert settings.api_key == Secret("k" * 16)
    assert settings.database_url == Secret("postgres://owner@db/klear")


def test_every_bad_variable_is_listed_at_once(tmp_path: Path) -> None:
    listed = problems(
        {
            "KLEAR_ENV": "staging",
            "KLEAR_PORT": "eighty",
            "KLEAR_DATABASE_URL": "mysql://x",
            "KLEAR_DATABASE_APP_URL": "x",
            "KLEAR_MEDIA_PORT": "70000",
            "KLEAR_CONFIG": str(tmp_path / "absent.toml"),
            "KLEAR_SIGNING_KEY": "not a key",
            "KLEAR_PUBLIC_URL": "klear.example",
            "KLEAR_TRUSTED_PROXIES": "127.0.0.1, proxy.example",
            "KLEAR_MEDIA_ADDRESS": "192.0.2.1, example.org, 0.0.0.0, 300.1.1.1, 224.0.0.1",
            "KLEAR_LOG_LEVEL": "loud",
        }
    )
    assert [problem.partition(":")[0] for problem in listed] == [
        "KLEAR_ENV",
        "KLEAR_PORT",
        "KLEAR_DATABASE_URL",
        "KLEAR_DATABASE_APP_URL",
        "KLEAR_MEDIA_ADDRESS",
        "KLEAR_MEDIA_PORT",
        "KLEAR_CONFIG",
        "KLEAR_SIGNING_KEY",
        "KLEAR_PUBLIC_URL",
        "KLEAR_TRUSTED_PROXIES",
        "KLEAR_LOG_LEVEL",
    ]
    assert "not example.org, 0.0.0.0, 300.1.1.1, 224.0.0.1" in listed[4]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("namespaces = 1", "must be tables"),
        ("[other]", "only [namespaces.NAME] is known, not other"),
        ('[namespaces.news]\nsubscribe = "some"', "namespaces.news.subscribe: must be one of"),
        ("[", "cannot read"),
    ],
)
def test_a_configuration_file_that_cannot_be_used(
    tmp_path: Path, text: str, complaint: str
) -> None:
    config = tmp_path / "klear.toml"
    config.write_text(text)
    (problem,) = problems({"KLEAR_CONFIG": str(config)})
    assert complaint in problem


def test_a_key_may_have_its_line_ends_written_out() -> None:
    assert read({"KLEAR_SIGNING_KEY": KEY.replace("\n", "\\n")}).signing_key == Secret(KEY)


def test_a_public_key_does_not_sign() -> None:
    public = OKPKey.generate_key("Ed25519").as_pem(private=False).decode()
    assert problems({"KLEAR_SIGNING_KEY": public}) == (
        "KLEAR_SIGNING_KEY: the signing key must be a private key",
    )


def test_production_refuses_what_development_takes_for_granted() -> None:
    assert [line.partition(":")[0] for line in problems({"KLEAR_ENV": "production"})] == [
        "KLEAR_DATABASE_APP_URL",
        "KLEAR_SIGNING_KEY",
        "KLEAR_PUBLIC_URL",
    ]
    assert problems(PRODUCTION | {"KLEAR_PUBLIC_URL": "http://klear.example"}) == (
        "KLEAR_PUBLIC_URL: production needs https://",
    )
    assert problems(PRODUCTION | {"KLEAR_API_KEY": "short"}) == (
        "KLEAR_API_KEY: production needs 16 characters or more",
    )
    assert problems(PRODUCTION | {"KLEAR_PUBLIC_URL": "x"}) == (
        "KLEAR_PUBLIC_URL: must be an address like https://klear.example",
    )
    assert read({"KLEAR_API_KEY": "short"}).api_key == Secret("short")


def test_secrets_do_not_show() -> None:
    settings = read(PRODUCTION | {"KLEAR_API_KEY": "unmistakable-key-1"})
    shown = f"{settings} {settings!r} {settings.api_key}"
    assert "hush" not in shown
    assert "unmistakable" not in shown
    assert "PRIVATE" not in shown


def test_children_get_no_secrets() -> None:
    environ = PRODUCTION | {"PATH": "/bin", "KLEAR_API_KEY": "k" * 16}
    assert read(environ).child_environment == {
        "PATH": "/bin",
        "KLEAR_ENV": "production",
        "KLEAR_PUBLIC_URL": "https://klear.example/",
    }


def test_misspelt_variables_are_noted() -> None:
    given = {"KLEAR_PROT": "1", "KLEAR_TEST_DATABASE_URL": "x", "HOME": "/"}
    assert read(given).unknown == ("KLEAR_PROT",)
