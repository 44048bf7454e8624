import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from protocol.claims import Claims, ExpiredToken, InvalidToken
from services.accounts.tokens import MAX_LENGTH, DeviceClaims, Tokens
from tests.conftest import Clock

PERSON, ORGANISATION, SESSION, ROOM = (uuid4() for _ in range(4))


def claims(clock: Clock, **changed: Any) -> Claims:
    values = {
        "person": PERSON,
        "organisation": ORGANISATION,
        "roles": frozenset({"client"}),
        "expires_at": clock() + timedelta(minutes=5),
    }
    return Claims(**{**values, **changed})


def payload(clock: Clock, **changed: Any) -> dict[str, Any]:
    """What a token of ours holds, with changes; None leaves a member out."""
    values = {
        "iss": "klear",
        "aud": "klear",
        "sub": str(PERSON),
        "org": str(ORGANISATION),
        "roles": ["client"],
        "iat": int(clock().timestamp()),
        "exp": int(clock().timestamp()) + 300,
    }
    return {name: value for name, value in {**values, **changed}.items() if value is not None}


def signed(key: bytes, body: dict[str, Any]) -> str:
    """A token with our key's signature over whatever is given."""
    private = OKPKey.import_key(key)
    header = {"alg": "Ed25519", "kid": private.thumbprint()}
    return jwt.encode(header, body, private, algorithms=["Ed25519"])


def unsigned(header: dict[str, Any], body: dict[str, Any], signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(each).encode()) for each in (header, body))
    return ".".join([*(part.rstrip(b"=").decode() for part in parts), signature])


def test_gives_back_what_was_put_in(tokens: Tokens, clock: Clock) -> None:
    whole = claims(
        clock,
        roles=frozenset({"practitioner", "owner"}),
        session=SESSION,
        channels=("news", "team"),
    )
    assert tokens.verify(tokens.issue(whole)) == whole


def test_a_guest_keeps_his_room(tokens: Tokens, clock: Clock) -> None:
    guest = claims(clock, roles=frozenset({"guest"}), room=ROOM)
    verified = tokens.verify(tokens.issue(guest))
    assert verified == guest
    assert verified.is_guest


def test_a_time_to_live_counts_from_now(tokens: Tokens, clock: Clock) -> None:
    token = tokens.issue(claims(clock), timedelta(hours=1))
    assert tokens.verify(token).expires_at == clock() + timedelta(hours=1)


def test_serves_until_its_last_second_and_no_longer(tokens: Tokens, clock: Clock) -> None:
    token = tokens.issue(claims(clock))
    clock.advance(seconds=299)
    assert tokens.verify(token).person == PERSON
    clock.advance(seconds=1)
    with pytest.raises(ExpiredToken):
        tokens.verify(token)


def test_names_its_key_and_algorithm(tokens: Tokens, clock: Clock, signing_key: bytes) -> None:
    header, _, _ = tokens.issue(claims(clock)).split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {
        "typ": "JWT",
        "alg": "Ed25519",
        "kid": OKPKey.import_key(signing_key).thumbprint(),
    }


def test_another_key_is_refused(tokens: Tokens, clock: Clock) -> None:
    stranger = OKPKey.generate_key("Ed25519", private=True).as_pem(private=True)
    with pytest.raises(InvalidToken):
        tokens.verify(signed(stranger, payload(clock)))


def test_a_stranger_who_names_our_key_is_refused(
    tokens: Tokens, clock: Clock, signing_key: bytes
) -> None:
    stranger = OKPKey.generate_key("Ed25519", private=True)
    header = {"alg": "Ed25519", "kid": OKPKey.import_key(signing_key).thumbprint()}
    token = jwt.encode(header, payload(clock), stranger, algorithms=["Ed25519"])
    with pytest.raises(InvalidToken):
        tokens.verify(token)


def test_a_device_is_known_for_half_a_year(tokens: Tokens, clock: Clock) -> None:
    device = DeviceClaims(device=uuid4(), account="0123abcd")
    token = tokens.issue_device(device)
    assert tokens.verify_device(token) == device
    clock.advance(days=180, seconds=-1)
    assert tokens.verify_device(token) == device
    clock.advance(seconds=1)
    with pytest.raises(ExpiredToken):
        tokens.verify_device(token)


def test_a_devices_token_opens_nothing_and_no_other_is_a_devices(
    tokens: Tokens, clock: Clock, signing_key: bytes
) -> None:
    device = tokens.issue_device(DeviceClaims(device=uuid4(), account="0123abcd"))
    for verify in (tokens.verify, tokens.verify_join):
        with pytest.raises(InvalidToken):
            verify(device)
    odd = signed(signing_key, {**payload(clock), "aud": "klear-device", "jti": 7})
    for token in (tokens.issue(claims(clock)), odd, "", "x.y.z"):
        with pytest.raises(InvalidToken):
            tokens.verify_device(token)


@pytest.mark.parametrize("algorithm", ["none", "None", "EdDSA", "HS256", "RS256", "", None, 7, []])
def test_no_other_algorithm_is_accepted(
    tokens: Tokens, clock: Clock, signing_key: bytes, algorithm: object
) -> None:
    header = {"alg": algorithm, "kid": OKPKey.import_key(signing_key).thumbprint()}
    _, _, signature = tokens.issue(claims(clock)).split(".")
    for attempt in ("", signature):
        with pytest.raises(InvalidToken):
            tokens.verify(unsigned(header, payload(clock), attempt))


def test_the_public_key_is_no_secret_for_hmac(
    tokens: Tokens, clock: Clock, signing_key: bytes
) -> None:
    # RFC 8725, 2.1: the oldest trick against a verifier that lets the token choose.
    ours = OKPKey.import_key(signing_key)
    unsigned_token = unsigned({"alg": "HS256", "kid": ours.thumbprint()}, payload(clock))[:-1]
    for secret in (ours.as_pem(private=False), ours.as_der(private=False)):
        digest = hmac.digest(secret, unsigned_token.encode(), "sha256")
        signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        with pytest.raises(InvalidToken):
            tokens.verify(f"{unsigned_token}.{signature}")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "other"},
        {"iss": None},
        {"aud": "klear-join"},
        {"aud": ["klear", "other"]},
        {"aud": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"sub": None},
        {"sub": "ana"},
        {"sub": 7},
        {"org": None},
        {"roles": None},
        {"roles": 7},
        {"roles": ["emperor"]},
        {"roles": [["client"]]},
        {"sid": "x"},
        {"room": "x"},
        {"channels": 7},
    ],
)
def test_claims_that_are_not_ours_are_refused(
    tokens: Tokens, clock: Clock, signing_key: bytes, changed: dict[str, Any]
) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(signed(signing_key, payload(clock, **changed)))


def test_what_is_too_long_is_not_even_read(
    tokens: Tokens, clock: Clock, signing_key: bytes
) -> None:
    long = signed(signing_key, payload(clock, channels=["x" * MAX_LENGTH]))
    with pytest.raises(InvalidToken, match="too long"):
        tokens.verify(long)


@given(text=st.text(max_size=200) | st.from_regex(r"[\w-]{1,60}\.[\w-]{1,60}\.[\w-]{0,90}"))
def test_noise_is_refused(text: str) -> None:
    tokens = Tokens(NOISE_KEY, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(InvalidToken):
        tokens.verify(text)
    with pytest.raises(InvalidToken):
        tokens.verify_join(text)


@given(
    header=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["alg", "kid", "crit", "b64", "typ"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    )
)
def test_a_hostile_header_is_refused(header: Any) -> None:
    tokens = Tokens(NOISE_KEY, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(InvalidToken):
        tokens.verify(unsigned(header, {"sub": str(PERSON)}, "AAAA"))


NOISE_KEY = OKPKey.generate_key("Ed25519", private=True).as_pem(private=True)


def test_a_join_token_gives_back_what_was_put_in(tokens: Tokens, clock: Clock) -> None:
    until = clock() + timedelta(days=3)
    token = tokens.issue_join(ROOM, client=PERSON, organisation=ORGANISATION, expires_at=until)
    joined = tokens.verify_join(token)
    assert (joined.appointment, joined.client, joined.organisation) == (ROOM, PERSON, ORGANISATION)
    assert joined.expires_at == until


def test_a_join_token_expires(tokens: Tokens, clock: Clock) -> None:
    until = clock() + timedelta(seconds=1)
    token = tokens.issue_join(ROOM, client=PERSON, organisation=ORGANISATION, expires_at=until)
    clock.advance(seconds=1)
    with pytest.raises(ExpiredToken):
        tokens.verify_join(token)


def test_the_two_kinds_never_pass_for_one_another(tokens: Tokens, clock: Clock) -> None:
    guest = tokens.issue(claims(clock, roles=frozenset({"guest"}), room=ROOM))
    link = tokens.issue_join(
        ROOM, client=PERSON, organisation=ORGANISATION, expires_at=clock() + timedelta(days=1)
    )
    with pytest.raises(InvalidToken):
        tokens.verify_join(guest)
    with pytest.raises(InvalidToken):
        tokens.verify(link)


@pytest.mark.parametrize("member", ["sub", "org", "room"])
def test_a_join_token_needs_each_of_its_claims(
    tokens: Tokens, clock: Clock, signing_key: bytes, member: str
) -> None:
    whole = payload(clock, aud="klear-join", room=str(ROOM))
    assert tokens.verify_join(signed(signing_key, whole)).appointment == ROOM
    del whole[member]
    with pytest.raises(InvalidToken):
        tokens.verify_join(signed(signing_key, whole))


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"not a key",
        OKPKey.generate_key("X25519", private=True).as_pem(private=True),
        OKPKey.generate_key("Ed448", private=True).as_pem(private=True),
        OKPKey.import_key(NOISE_KEY).as_pem(private=False),
    ],
    ids=["empty", "noise", "X25519", "Ed448", "public"],
)
def test_only_an_ed25519_private_key_signs(pem: bytes, clock: Clock) -> None:
    with pytest.raises(ValueError, match=r"key"):
        Tokens(pem, clock=clock)


def test_ids_come_back_as_ids(tokens: Tokens, clock: Clock) -> None:
    verified = tokens.verify(tokens.issue(claims(clock, session=SESSION)))
    assert isinstance(verified.session, UUID)
    assert verified.expires_at.tzinfo is UTC
