"""The document behind an announcement's link, fetched under the one HTTP policy; nothing else is fetched from there.

1. Only http(s) addresses of hosts that publish announcements are asked.
2. Status, circuit and pauses are those of the wire; a page of a guard instead of the document is `blocked`, what is no
   document is refused.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from screener.sources.classify import Cause, SourceFailure
from screener.sources.http import Fault, Host, Wire

NAME = "documents"
HOSTS = (
    Host("cninfo.com.cn", 3.5),
    Host("sse.com.cn", 5.0),
    Host("szse.cn", 5.0),
    Host("bse.cn", 5.0),
    Host("dfcfw.com", 3.0),
    Host("eastmoney.com", 5.0),
    Host("neeq.com.cn", 5.0),
)
_FAULTS = {
    Fault.UNREACHABLE: Cause.UNREACHABLE,
    Fault.RESET: Cause.BLOCKED,
    Fault.STOPPED: Cause.BLOCKED,
}
_GUARD = ("访问被拦截", "安全验证", "captcha", "aliyun_waf", "请完成验证")


def document(wire: Wire, url: str) -> bytes:
    """The bytes behind a link. Raises SourceFailure with the cause."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not any(group.fits(host) for group in HOSTS):
        raise SourceFailure(Cause.REFUSED, NAME, f"not an address of a publisher of announcements: {url[:120]}")
    with wire.capture() as exchanges:
        try:
            body = requests.get(url, timeout=wire.policy.timeout).content
        except requests.RequestException as error:
            last = exchanges[-1] if exchanges else None
            if last is not None and last.status is not None:
                cause = Cause.BLOCKED if last.status in (401, 403, 405, 418, 429) else Cause.PROVIDER_ERROR
                raise SourceFailure(cause, NAME, f"status {last.status} from {host}") from None
            cause = _FAULTS.get(last.fault, Cause.PROVIDER_ERROR) if last and last.fault else Cause.PROVIDER_ERROR
            raise SourceFailure(cause, NAME, f"{type(error).__name__} from {host}") from None
    if not body:
        raise SourceFailure(Cause.PROVIDER_ERROR, NAME, f"empty answer from {host}")
    if body[:1] == b"<" and any(mark in body[:4096].decode("utf-8", "replace") for mark in _GUARD):
        wire.blocked(host)
        raise SourceFailure(Cause.BLOCKED, NAME, f"a page instead of the document from {host}")
    if parts.path.lower().endswith(".pdf") and b"%PDF-" not in body[:1024]:
        raise SourceFailure(Cause.PROVIDER_ERROR, NAME, f"no PDF from {host}: begins with {body[:12]!r}")
    return body
