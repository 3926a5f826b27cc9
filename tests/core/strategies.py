"""Hypothesis strategies that make valid records: long, strange and in many writings, as people do deposit them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dop2i.core.model import normalise_record
from dop2i.core.vocabularies import VOCABULARIES
from dop2i.core.vocabularies.subjects import SCHEME, concepts

_ODD_WORDS = [
    "√s = 13 TeV", "p < 0.05", "a & b", "W± → ℓν", "Ωₘ", "50 % {of} $x_1$", "C:\\data", "Σ~^|",
    'say "hello"',
    "Chloé Lefèvre", "Łukasz Żółć", "Иванов", "高エネルギー", "العربية", "𝒪(α²)", "e\u0301", "\U0001f30c",
    "<b>bold</b>", "]]>", "-->", "</script>", "%5B", "#", "@article{x,", "and", "AND", "null", "- yes: no", "'", "it’s",
    "\u00a0",
]  # fmt: skip
_characters = st.characters(exclude_categories=("Cs", "Cc", "Cn"), max_codepoint=0x1FFFF)
words = st.one_of(
    st.sampled_from(_ODD_WORDS),
    st.text(alphabet=_characters, min_size=1, max_size=40),
    st.text(alphabet="abcdefghij ", min_size=1, max_size=20),
)
lines = st.lists(words, min_size=1, max_size=6).map(" ".join).map(str.strip).filter(bool)
prose = st.one_of(
    lines,
    st.lists(lines, min_size=1, max_size=5).map("\n\n".join),
    st.lists(lines, max_size=4).map(
        lambda items: "<p>" + "</p><ul><li>".join(items) + "</li></ul><script>x()</script>"
    ),
    lines.map(lambda text: text * 200),
)

_orcids = st.sampled_from(["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"])
_days = st.dates().map(str)
_dates = st.one_of(
    st.integers(1, 9999).map(lambda year: f"{year:04d}"),
    _days.map(lambda day: day[:7]),
    _days,
    st.tuples(_days, _days).map(lambda pair: "/".join(sorted(pair))),
)
_vague_dates = st.sampled_from(
    ["201X", "2024~", "2024-21", "2024-05/..", "../2024", "-0044", "2024-XX", "Y-17000", "1999?"]
)


def _ids(vocabulary: str) -> st.SearchStrategy[dict[str, str]]:
    return st.sampled_from(sorted(VOCABULARIES[vocabulary])).map(lambda term_id: {"id": term_id})


def _heading(identifier: str) -> dict[str, str]:
    """A subject that the bundled vocabulary defines."""
    return {"id": identifier, "subject": concepts()[identifier].english, "scheme": SCHEME}


def _entry(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


_identifiers = st.sampled_from(
    [
        {"identifier": "10.1234/foo.bar", "scheme": "doi"},
        {"identifier": "10.1002/(SICI)1096<1::AID>3.0.CO;2-E", "scheme": "doi"},
        {"identifier": "ark:/99999/d1x", "scheme": "ark"},
        {"identifier": "arXiv:2101.00001v2"},
        {"identifier": "1924MNRAS..84..308E", "scheme": "ads"},
        {"identifier": "swh:1:dir:" + "0a" * 20 + ";origin=https://example.org/x"},
        {"identifier": "https://example.org/a b|c{d}?q=é#f#g".replace(" ", "%20")},
        {"identifier": "978-3-16-148410-0", "scheme": "isbn"},
        {"identifier": "1990313", "scheme": "inspire"},
        {"identifier": "whatever é", "scheme": "local-scheme"},
        {"identifier": "urn:nbn:fr:abc"},
    ]
)
_affiliations = st.lists(
    st.one_of(
        st.just({"id": "01ggx4157", "name": "CERN"}), lines.map(lambda name: {"name": name}), st.just({"id": "cern"})
    ),
    max_size=3,
)
_people = st.one_of(
    _entry(
        {"family_name": lines, "type": st.just("personal")},
        {
            "given_name": lines,
            "identifiers": _orcids.map(lambda orcid: [{"identifier": orcid, "scheme": "orcid"}]),
        },
    ),
    _entry(
        {"name": lines, "type": st.just("organizational")},
        {"identifiers": st.just([{"identifier": "https://ror.org/01ggx4157"}])},
    ),
)
_creators = _entry({"person_or_org": _people}, {"affiliations": _affiliations, "role": _ids("roles")})
_rights = st.one_of(
    _ids("licenses"),
    lines.map(lambda title: {"title": {"en": title}}),
    lines.map(
        lambda title: {"title": {"fr": title}, "description": {"en": title}, "link": "https://example.org/l?x=é"}
    ),
)
_positions = st.tuples(
    st.floats(-180, 180, allow_nan=False).map(lambda x: round(x, 5)),
    st.floats(-90, 90, allow_nan=False).map(lambda y: round(y, 5)),
).map(list)
_geometries = st.one_of(
    _positions.map(lambda point: {"type": "Point", "coordinates": point}),
    st.lists(_positions, min_size=2, max_size=5).map(lambda line: {"type": "LineString", "coordinates": line}),
    st.lists(_positions, min_size=3, max_size=5).map(
        lambda ring: {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    ),
)
_features = st.one_of(
    _entry({"geometry": _geometries}, {"place": lines, "description": lines}), lines.map(lambda name: {"place": name})
)
_metadata = _entry(
    {
        "resource_type": _ids("resourcetypes"),
        "title": lines,
        "creators": st.lists(_creators, min_size=1, max_size=5),
        "publication_date": _dates,
        "rights": st.lists(_rights, min_size=1, max_size=3),
    },
    {
        "publisher": lines,
        "description": prose,
        "version": lines,
        "additional_titles": st.lists(
            _entry({"title": lines, "type": _ids("titletypes")}, {"lang": _ids("languages")}), max_size=3
        ),
        "additional_descriptions": st.lists(
            _entry({"description": prose, "type": _ids("descriptiontypes")}, {"lang": _ids("languages")}), max_size=3
        ),
        "contributors": st.lists(
            _entry({"person_or_org": _people, "role": _ids("roles")}, {"affiliations": _affiliations}), max_size=3
        ),
        "subjects": st.lists(
            st.one_of(lines.map(lambda word: {"subject": word}), st.sampled_from(sorted(concepts())).map(_heading)),
            max_size=5,
        ),
        "dates": st.lists(
            _entry({"date": st.one_of(_dates, _vague_dates), "type": _ids("datetypes")}, {"description": lines}),
            max_size=4,
        ),
        "languages": st.lists(_ids("languages"), max_size=3),
        "identifiers": st.lists(_identifiers, max_size=3),
        "related_identifiers": st.lists(
            st.builds(
                lambda identifier, relation, kind: {**identifier, "relation_type": relation, **kind},
                _identifiers,
                _ids("relationtypes"),
                st.one_of(st.just({}), _ids("resourcetypes").map(lambda kind: {"resource_type": kind})),
            ),
            max_size=5,
        ),
        "references": st.lists(lines.map(lambda text: {"reference": text}), max_size=2),
        "sizes": st.lists(lines, max_size=2),
        "formats": st.lists(st.sampled_from(["application/x-root", "text/csv", "strange"]), max_size=2),
        "locations": st.lists(_features, min_size=1, max_size=3).map(lambda features: {"features": features}),
        "funding": st.lists(
            st.one_of(
                st.just({"funder": {"id": "00k4n6c32"}, "award": {"id": "00k4n6c32::755021"}}),
                _entry(
                    {"funder": lines.map(lambda name: {"name": name})},
                    {"award": lines.map(lambda text: {"number": text[:100], "title": {"en": text}})},
                ),
                lines.map(lambda text: {"award": {"number": text[:100]}}),
            ),
            max_size=3,
        ),
    },
)
_ranges = st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)).map(sorted)


def _range(*units: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda pair, unit: {"minimum": pair[0], "maximum": pair[1], "unit": unit}, _ranges, st.sampled_from(units)
    )


_custom = st.fixed_dictionaries(
    {},
    optional={
        "dop2i:theme": st.sampled_from(sorted(VOCABULARIES["themes"])),
        "dop2i:experiment": st.lists(st.sampled_from(["atlas", "KM3NeT", "My <own> experiment"]), max_size=2),
        "dop2i:facility": st.lists(st.sampled_from(["lhc", "soleil", "Somewhere & else"]), max_size=2),
        "dop2i:observables": st.lists(lines, max_size=3),
        "dop2i:nuclides": st.lists(st.sampled_from(["208Pb", "C-12", "odd"]), max_size=2),
        "dop2i:sqrt_s": _range("TeV", "GeV", "furlong"),
        "dop2i:energy": _range("keV", ""),
        "dop2i:sky_region": st.just({"ra": 83.63, "dec": 22.01, "radius": 1.5}),
        "dop2i:time_range": st.sampled_from(
            [{"start": "2015-09-14T09:50:45Z", "end": "2015-09-15"}, {"gps_start": 1126259462.0}, {"end": "2020"}]
        ),
        "journal:journal": st.just({"title": "Phys. Rev. D", "volume": "99", "pages": "1–7", "issue": "3"}),
        "code:codeRepository": st.just("https://example.org/code"),
    },
)
_access = st.sampled_from(
    [
        {},
        {"record": "public", "files": "restricted"},
        {"record": "public", "files": "restricted", "embargo": {"active": True, "until": "2099-01-01", "reason": "x"}},
    ]
)
_pids = st.sampled_from(
    [
        {},
        {"ark": {"identifier": "ark:/99999/d12b", "provider": "ark"}},
        {"doi": {"identifier": "10.12345/dop2i.12", "provider": "datacite"}},
        {"doi": {"identifier": "10.12345/dop2i.12"}, "ark": {"identifier": "ark:/99999/d12b"}},
    ]
)
_keys = st.sampled_from(
    [
        "events.root",
        "sub folder/été #1.csv",
        "a:b.fits",
        "ro-crate-metadata.json",
        "100%.txt",
        "x?y&z.h5",
        "粒子.dat",
        "README",
    ]
)
_files = st.dictionaries(
    _keys,
    _entry(
        {
            "size": st.integers(0, 10**15),
            "mimetype": st.sampled_from(["application/x-root", "text/csv; charset=utf-8", "weird"]),
        },
        {"checksums": st.just({"sha256": "ab" * 32, "md5": "cd" * 16})},
    ),
    max_size=4,
)


def _native(document: dict[str, Any], pids: Any, concept: Any, entries: dict[str, Any], number: int) -> dict[str, Any]:
    """The document as the server serves it."""
    base = f"https://data.example.org/records/{number}"
    filled = {key: {"key": key, **entry, "checksum": "md5:" + "cd" * 16} for key, entry in entries.items()}
    return {
        **normalise_record(document),
        "id": str(number),
        "created": "2024-05-17T12:00:00+00:00",
        "updated": "2024-05-18T12:00:00.123456+00:00",
        "is_published": True,
        "pids": pids,
        "parent": {"id": "1", "pids": concept},
        "files": {
            "enabled": True,
            "count": len(filled),
            "total_bytes": sum(entry["size"] for entry in filled.values()),
            "entries": filled,
        },
        "links": {"self": f"https://data.example.org/api/records/{number}", "self_html": base},
    }


documents = st.fixed_dictionaries({"metadata": _metadata, "custom_fields": _custom, "access": _access})
"""What a person deposits."""


def records() -> st.SearchStrategy[dict[str, Any]]:
    """Native documents of published records."""
    return st.builds(_native, documents, _pids, _pids, _files, st.integers(1, 10**9))
