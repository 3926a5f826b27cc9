"""The record that Alice published: everything that a record can hold, once.

The presence of this file also puts the folder on the path, so that every test below may import ``strategies``.
"""

from __future__ import annotations

from typing import Any

import pytest

from dop2i.core.model import normalise_record


@pytest.fixture
def full_record() -> dict[str, Any]:
    """A native document as the server serves it."""
    document = {
        "metadata": {
            "resource_type": {"id": "dataset"},
            "title": "Dimuon events of the 2012 run at √s = 8 TeV",
            "additional_titles": [
                {"title": "Événements dimuon", "type": {"id": "translated-title"}, "lang": {"id": "fra"}}
            ],
            "creators": [
                {
                    "person_or_org": {
                        "family_name": "Lefèvre",
                        "given_name": "Chloé",
                        "type": "personal",
                        "identifiers": [{"identifier": "0000-0002-1825-0097", "scheme": "orcid"}],
                    },
                    "affiliations": [{"id": "01ggx4157", "name": "CERN"}],
                },
                {"person_or_org": {"name": "Example Collaboration", "type": "organizational"}},
            ],
            "contributors": [
                {
                    "person_or_org": {"family_name": "Martin", "given_name": "Bruno", "type": "personal"},
                    "role": {"id": "contactperson"},
                }
            ],
            "description": "<p>Events with <b>two muons</b>, p &lt; 0.05.</p><ul><li>triggered</li></ul>",
            "publication_date": "2024-05-17",
            "publisher": "Example Repository",
            "version": "1.2.0",
            "languages": [{"id": "eng"}],
            "subjects": [{"subject": "muon"}, {"subject": "open data"}],
            "rights": [{"id": "cc-by-4.0"}],
            "related_identifiers": [
                {"identifier": "10.1234/paper", "scheme": "doi", "relation_type": {"id": "issupplementto"}}
            ],
            "dates": [{"date": "2012-04/2012-12", "type": {"id": "collected"}}],
            "funding": [{"funder": {"id": "00k4n6c32", "name": "European Commission"}, "award": {"number": "824064"}}],
        },
        "custom_fields": {
            "dop2i:theme": "particle",
            "dop2i:experiment": ["cms"],
            "dop2i:facility": ["lhc"],
            "dop2i:sqrt_s": {"minimum": 8, "maximum": 8, "unit": "TeV"},
            "dop2i:observables": ["dimuon mass"],
        },
    }
    page = "https://data.example.org/records/12"
    return {
        **normalise_record(document),
        "id": "12",
        "created": "2024-05-17T12:00:00+00:00",
        "updated": "2024-05-18T12:00:00+00:00",
        "is_published": True,
        "pids": {"ark": {"identifier": "ark:/99999/d12b", "provider": "ark"}},
        "parent": {"id": "11", "pids": {"ark": {"identifier": "ark:/99999/d11c", "provider": "ark"}}},
        "files": {
            "enabled": True,
            "count": 2,
            "total_bytes": 30,
            "entries": {
                "events.root": {
                    "key": "events.root",
                    "size": 20,
                    "mimetype": "application/x-root",
                    "checksums": {"sha256": "ab" * 32, "md5": "cd" * 16},
                    "links": {"content": f"{page}/files/events.root"},
                },
                "docs/read me.txt": {
                    "key": "docs/read me.txt",
                    "size": 10,
                    "mimetype": "text/plain",
                    "checksums": {"sha256": "ef" * 32},
                    "links": {"content": f"{page}/files/docs/read%20me.txt"},
                },
            },
        },
        "links": {"self": "https://data.example.org/api/records/12", "self_html": page},
    }
