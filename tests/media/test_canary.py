"""The private names that we use of other libraries: when one changes, this fails first, and says which."""

import inspect
from importlib.metadata import version

import aioice.ice
import pylibsrtp
from aioice import stun
from aiortc import RTCCertificate, RTCDtlsTransport
from pylibsrtp._binding import ffi, lib


class Silent:
    role = "controlled"


def test_aiortc_is_of_the_line_we_know() -> None:
    assert version("aiortc").startswith("1.16.")


def test_the_dtls_transport_has_what_media_dtls_uses() -> None:
    transport = RTCDtlsTransport(Silent(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    assert transport.state == "new"
    assert {"_rx_srtp", "_tx_srtp"} <= vars(transport).keys()
    transport._set_role("server")
    assert transport._role == "server"
    assert list(inspect.signature(transport.start).parameters) == ["remoteParameters"]
    assert inspect.iscoroutinefunction(transport.stop)
    source = inspect.getsource(RTCDtlsTransport)
    assert {name for name in ("_recv", "_send") if f"self.transport.{name}(" in source} == {
        "_recv",
        "_send",
    }
    assert 'self.emit("statechange")' in source


def test_gcm_is_preferred() -> None:
    transport = RTCDtlsTransport(Silent(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    names = [profile.openssl_profile for profile in transport._srtp_profiles]
    assert names == [b"SRTP_AEAD_AES_256_GCM", b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"]


def test_pylibsrtp_gives_its_context_and_functions() -> None:
    session = pylibsrtp.Session(
        pylibsrtp.Policy(key=bytes(30), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    )
    assert ffi.typeof(session._srtp[0]).cname.startswith("struct srtp_ctx_t_")
    for name in ("srtp_protect", "srtp_unprotect", "srtp_unprotect_rtcp"):
        assert callable(getattr(lib, name))


def test_aioice_reads_and_signs_stun() -> None:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = "a:b"
    request.add_message_integrity(b"key")
    read = stun.parse_message(bytes(request))
    assert read.check_message_integrity(b"key")
    assert not read.check_message_integrity(b"other")
    assert "FINGERPRINT" in read.attributes
    assert stun.COOKIE == 0x2112A442
    assert list(inspect.signature(aioice.ice.get_host_addresses).parameters) == [
        "use_ipv4",
        "use_ipv6",
    ]
