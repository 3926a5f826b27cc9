"""Persistent identifiers: recognised, checked (check digits, syntax) and given their address. No network.

Sources: ISO 27729 (ORCID, ISNI: ISO 7064 mod 11-2), ROR's identifier pattern (Crockford base 32 with ISO 7064
mod 97-10), the DOI Handbook §2.2, draft-kunze-ark-39, the SWHID specification 1.2, arXiv's identifier scheme, ISO 2108
(ISBN), ISO 3297 (ISSN), ADS bibcodes, RFC 8141 (URN), the INSPIRE literature numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from dop2i.errors import InvalidInput

MAXIMUM = 2048
"""The longest identifier that is looked at, in characters."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A checked identifier: ``scheme`` as InvenioRDM names it, ``value`` in its bare form, ``url`` where it leads."""

    scheme: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How a scheme is recognised: ``pattern`` on the text without its prefix, ``check`` says what is wrong or ''."""

    pattern: re.Pattern[str]
    address: str = ""
    prefixes: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None
    tidy: Callable[[str], str] = str
    example: str = ""


def _mod_11_2(value: str) -> str:
    """ISO 7064 mod 11-2 over the 15 digits of an ORCID or ISNI."""
    digits = re.sub(r"[^0-9Xx]", "", value).upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    expected = (12 - total % 11) % 11
    wanted = "X" if expected == 10 else str(expected)
    return "" if wanted == digits[-1] else "its check digit does not fit, so one character is mistyped"


_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def _mod_97_10(value: str) -> str:
    """ISO 7064 mod 97-10 of a ROR: six base-32 characters, then two decimal check digits."""
    number = 0
    for character in value[1:7]:
        number = number * 32 + _CROCKFORD.index(character)
    expected = 98 - (number * 100) % 97
    return "" if f"{expected:02d}" == value[7:] else "its check digits do not fit, so one character is mistyped"


def _isbn(value: str) -> str:
    digits = re.sub(r"[\s-]", "", value).upper()
    if len(digits) == 10:
        total = sum((10 - place) * (10 if d == "X" else int(d)) for place, d in enumerate(digits))
        return "" if total % 11 == 0 else "its check digit does not fit, so one digit is mistyped"
    total = sum((3 if place % 2 else 1) * int(d) for place, d in enumerate(digits))
    return "" if total % 10 == 0 else "its check digit does not fit, so one digit is mistyped"


def _issn(value: str) -> str:
    digits = value.replace("-", "").upper()
    total = sum((8 - place) * (10 if d == "X" else int(d)) for place, d in enumerate(digits))
    return "" if total % 11 == 0 else "its check digit does not fit, so one digit is mistyped"


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return "it is not a well-formed address"
    return "" if host else "it names no host"


def _grouped(value: str) -> str:
    digits = re.sub(r"[\s-]", "", value).upper()
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def _plain_ark(value: str) -> str:
    return re.sub(r"(?i)^ark:/?", "ark:/", value)


_S = _Scheme
_GROUPS = r"\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{3}[\dXx]"
_SCHEMES: dict[str, _Scheme] = {
    "orcid": _S(re.compile(_GROUPS, re.A), "https://orcid.org/{}", ("https://orcid.org/", "http://orcid.org/",
                "https://www.orcid.org/", "orcid.org/", "orcid:"), _mod_11_2, _grouped, "0000-0002-1825-0097"),
    "ror": _S(re.compile(r"0[0-9a-hjkmnp-z]{6}\d{2}", re.A), "https://ror.org/{}", ("https://ror.org/", "http://ror.org/",
              "ror.org/", "ror:"), _mod_97_10, str.lower, "01ggx4157"),
    "isni": _S(re.compile(_GROUPS, re.A), "https://isni.org/isni/{}", ("https://isni.org/isni/", "http://isni.org/isni/",
               "http://www.isni.org/isni/", "https://www.isni.org/isni/",
               "https://isni.org/", "http://www.isni.org/", "https://www.isni.org/", "isni:"), _mod_11_2,
               lambda v: re.sub(r"[\s-]", "", v).upper()),
    "doi": _S(re.compile(r"10\.\d{2,9}(?:\.\d+)*/\S+", re.A), "https://doi.org/{}", ("https://doi.org/", "http://doi.org/",
              "https://dx.doi.org/", "http://dx.doi.org/", "https://www.doi.org/", "doi.org/", "doi:"),
              None, str, "10.1234/abc"),
    "ark": _S(re.compile(r"ark:/?[0-9bcdfghjkmnpqrstvwxz]{5,16}/[\w=*+@$~.,:;/%-]+", re.I | re.A),
              "https://n2t.net/{}", ("https://n2t.net/", "http://n2t.net/", "https://arks.org/"), None, _plain_ark,
              "ark:/12345/x5abc"),
    "swh": _S(re.compile(r"swh:1:(?:cnt|dir|rel|rev|snp):[0-9a-f]{40}(?:;[a-z_]+=[^;\s]+)*", re.A),
              "https://archive.softwareheritage.org/{}", ("https://archive.softwareheritage.org/",),
              None, str, "swh:1:dir: and 40 hexadecimal digits"),
    "arxiv": _S(re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?", re.A),
                "https://arxiv.org/abs/{}", ("https://arxiv.org/abs/", "http://arxiv.org/abs/",
                "https://arxiv.org/pdf/", "arxiv.org/abs/", "arxiv:"), None, str, "2101.00001"),
    "inspire": _S(re.compile(r"\d{1,9}", re.A), "https://inspirehep.net/literature/{}",
                  ("https://inspirehep.net/literature/", "inspire:"), None, str, "1990313"),
    "handle": _S(re.compile(r"\d+(?:\.\d+)*/\S+", re.A), "https://hdl.handle.net/{}", ("https://hdl.handle.net/",
                 "http://hdl.handle.net/", "hdl.handle.net/", "hdl:"), None, str, "20.500.1/abc"),
    "isbn": _S(re.compile(r"(?:97[89][\s-]?)?\d[\d\s-]{7,14}[\dXx]", re.A), "urn:isbn:{}",
               ("urn:isbn:", "isbn:", "isbn "), _isbn, lambda v: re.sub(r"\s", "-", v.strip()).upper(),
               "978-2-7598-2000-0"),
    "issn": _S(re.compile(r"\d{4}-\d{3}[\dXx]", re.A), "https://portal.issn.org/resource/ISSN/{}",
               ("https://portal.issn.org/resource/ISSN/", "urn:issn:", "issn:", "issn "), _issn, str.upper,
               "0031-9007"),
    "pmid": _S(re.compile(r"\d{1,9}", re.A), "https://pubmed.ncbi.nlm.nih.gov/{}", ("https://pubmed.ncbi.nlm.nih.gov/",
               "pmid:"), None, lambda v: v.rstrip("/"), "12345678"),
    "pmcid": _S(re.compile(r"PMC\d{1,9}", re.I | re.A), "https://www.ncbi.nlm.nih.gov/pmc/{}",
                ("https://www.ncbi.nlm.nih.gov/pmc/articles/", "https://www.ncbi.nlm.nih.gov/pmc/", "pmcid:"), None,
                str.upper, "PMC1234567"),
    "ads": _S(re.compile(r"\d{4}[A-Za-z&.]\S{13}[A-Za-z.]", re.A), "https://ui.adsabs.harvard.edu/abs/{}",
              ("https://ui.adsabs.harvard.edu/abs/", "ads:", "bibcode:"), None, str, "1924MNRAS..84..308E"),
    "urn": _S(re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:\S+", re.I | re.A), "", (), None, str, "urn:nbn:fr:1"),
    "hal": _S(re.compile(r"[a-z]+[_-]\d{6,9}(?:v\d+)?", re.A), "https://hal.science/{}", ("https://hal.science/",
              "https://hal.archives-ouvertes.fr/", "hal:"), None, str, "hal-01234567"),
    "igsn": _S(re.compile(r"[A-Za-z]{2,4}[A-Za-z0-9.-]{1,71}", re.A), "https://igsn.org/{}", ("https://igsn.org/",
               "igsn:"), None, str.upper, "AU1101"),
    "rrid": _S(re.compile(r"RRID:[A-Z]+[_:]?[\w:-]+", re.A), "https://scicrunch.org/resolver/{}", (), None, str,
               "RRID:SCR_000001"),
    "lsid": _S(re.compile(r"urn:lsid:\S+", re.I | re.A), "", (), None, str, "urn:lsid:example.org:a:1"),
    "ean13": _S(re.compile(r"\d{13}", re.A), "", ("ean13:",), _isbn, str, "4006381333931"),
    "eissn": _S(re.compile(r"\d{4}-\d{3}[\dXx]", re.A), "https://portal.issn.org/resource/ISSN/{}", ("eissn:",), _issn,
                str.upper, "1079-7114"),
    "gnd": _S(re.compile(r"(?:1[0-3]?\d{7}[\dX]|[47]\d{6}-\d|[1-9]\d{0,7}-[\dX]|3\d{7}[\dX])", re.A), "https://d-nb.info/gnd/{}",
              ("https://d-nb.info/gnd/", "http://d-nb.info/gnd/", "gnd:"), None, str, "118540238"),
    "purl": _S(re.compile(r"https?://purl\.\S+", re.A), "{}", (), _web_address, str, "https://purl.org/abc"),
    "w3id": _S(re.compile(r"https?://w3id\.org/\S+", re.A), "{}", (), _web_address, str, "https://w3id.org/abc"),
    "url": _S(re.compile(r"(?:https?|ftp|root|s3|git)://\S+", re.I | re.A), "{}", (), _web_address, str,
              "https://example.org/"),
}  # fmt: skip

SCHEMES: frozenset[str] = frozenset(_SCHEMES)
_PREFIXES = [(name, prefix.lower()) for name, kind in _SCHEMES.items() for prefix in kind.prefixes]
_ALL_PREFIXES = tuple(prefix for _, prefix in _PREFIXES)
_PLAIN_ADDRESS = re.compile(r"https?://(?!purl\.|w3id\.org/)[A-Za-z0-9.-]*[A-Za-z0-9](?:/[A-Za-z0-9._~/?=&+-]*)?")
_BARE_ORDER = ("orcid", "doi", "ark", "swh", "arxiv", "issn", "isbn", "pmcid", "rrid", "lsid", "urn", "w3id", "purl",
               "url", "ads", "handle", "ror")  # fmt: skip
"""Schemes that a text without a prefix may be of, the most particular first. Bare numbers are of none."""


def parse_identifier(text: str, scheme: str | None = None) -> Identifier:
    """The identifier that a text holds, in bare form; ``scheme`` says which kind it must be, or is found out.

    ``parse_identifier("https://doi.org/10.1234/ABC")`` gives scheme ``doi`` and value ``10.1234/ABC``. Raises
    ``InvalidInput`` when it is of no known kind, not of the given one, or when a check digit is wrong.
    """
    cleaned = text.strip()
    if not cleaned or len(cleaned) > MAXIMUM:
        raise InvalidInput("An identifier is empty or too long.", hint=f"Give at most {MAXIMUM} characters.")
    if not cleaned.isprintable():  # of white space, only the blank is
        raise InvalidInput("An identifier holds a control character or a break.", hint="Remove it.")
    if scheme:
        return _of_scheme(cleaned, scheme.lower())
    folded = cleaned.lower()
    if folded.startswith(_ALL_PREFIXES):
        for name, prefix in _PREFIXES:
            if folded.startswith(prefix) and _SCHEMES[name].pattern.fullmatch(_tail(cleaned, prefix)):
                return _made(name, _SCHEMES[name], _tail(cleaned, prefix), cleaned)
    for name in _BARE_ORDER:
        if _SCHEMES[name].pattern.fullmatch(cleaned):
            if name == "isbn" and _isbn(cleaned):
                continue
            return _made(name, _SCHEMES[name], cleaned, cleaned)
    raise InvalidInput(
        f"No kind of identifier is known that looks like {_shown(cleaned)}.",
        hint="Give a DOI, ARK, SWHID, arXiv number, ORCID, ROR or a web address, or name its scheme.",
    )


def is_plain_address(text: str) -> bool:
    """Whether a text is a web address as nearly all are, and an identifier of no other kind. Never raises."""
    return bool(_PLAIN_ADDRESS.fullmatch(text)) and not text.lower().startswith(_ALL_PREFIXES)


def _of_scheme(text: str, scheme: str) -> Identifier:
    kind = _SCHEMES.get("swh" if scheme == "swhid" else scheme)
    if kind is None:
        # A scheme that we do not know is kept as its author wrote it: InvenioRDM instances add their own.
        return Identifier(scheme=scheme, value=text, url=text if text.startswith(("http://", "https://")) else "")
    bare = text
    for prefix in kind.prefixes:
        if text.lower().startswith(prefix.lower()):
            bare = _tail(text, prefix)
            break
    if not kind.pattern.fullmatch(bare):
        example = f"It looks like {kind.example}." if kind.example else ""
        raise InvalidInput(f"This is not of the form of the scheme {scheme!r}: {_shown(text)}.", hint=example)
    return _made("swh" if scheme == "swhid" else scheme, kind, bare, text)


def _made(name: str, kind: _Scheme, bare: str, shown: str) -> Identifier:
    fault = kind.check(bare) if kind.check else ""
    if fault:
        raise InvalidInput(f"{_shown(shown)} is not a valid {_NAMES.get(name, name.upper())}: {fault}.",
                           hint="Compare it with its source and type it again.")  # fmt: skip
    value = kind.tidy(bare)
    return Identifier(scheme=name, value=value, url=kind.address.format(_safe(value)) if kind.address else "")


_NAMES = {"url": "web address", "isbn": "ISBN", "arxiv": "arXiv number", "ark": "ARK"}


def _tail(text: str, prefix: str) -> str:
    return text[len(prefix) :].strip().rstrip("/") if "://" in prefix else text[len(prefix) :].strip()


def _safe(value: str) -> str:
    """Percent-encode what may not stand in an address; an address keeps its own punctuation."""
    return quote(value, safe=":/?#[]@!$&'()*+,;=~%-._")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def identifier_url(value: str, scheme: str) -> str:
    """Where an identifier leads, or ``""`` when it is not valid or leads nowhere. Never raises."""
    try:
        return parse_identifier(value, scheme or None).url
    except InvalidInput:
        return ""
