"""Lists of authors as collaborations keep them: one a line, CSV, and the ``author.xml`` of INSPIRE.

A line is ``Family, Given; ORCID; Affiliation; Affiliation``, all but the family name optional; ``[Name]`` is an
organisation or a collaboration. Source of the XML: https://github.com/inspirehep/author.xml.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from dop2i.core.mappings.parts import MOST_PEOPLE, person, text_of
from dop2i.core.mappings.xml import decoded, element_of, local_name
from dop2i.errors import InvalidInput, LimitExceeded

LARGEST = 16 << 20
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])$", re.A)
_HEADINGS = {
    "family": "family", "family name": "family", "last name": "family", "surname": "family", "nom": "family",
    "given": "given", "given name": "given", "first name": "given", "prénom": "given", "prenom": "given",
    "orcid": "orcid", "orcid id": "orcid", "affiliation": "places", "affiliations": "places",
    "institute": "places", "institution": "places", "laboratoire": "places", "name": "name", "author": "name",
    "full name": "name", "auteur": "name", "collaboration": "collaboration",
}  # fmt: skip


def people_of_file(name: str, content: bytes) -> list[dict[str, Any]]:
    """The creators of an ``author.xml``, a CSV or a list of lines. Raises ``InvalidInput``, ``UnreadableFile``."""
    if len(content) > LARGEST:
        raise LimitExceeded(f"{name} is larger than {LARGEST:,} bytes.", hint="Send the list of authors alone.")
    if content.lstrip()[:1] == b"<":
        return people_of_author_xml(content, name=name)
    text = decoded(content)
    return people_of_csv(text, name=name) if name.lower().endswith((".csv", ".tsv")) else people_of_lines(text)


def people_of_lines(text: str) -> list[dict[str, Any]]:
    """One creator a line. Raises ``InvalidInput`` naming the line without a name, or one too many."""
    found = []
    for number, written in enumerate(text.splitlines(), start=1):
        if not (content := written.strip()):
            continue
        if content.startswith("["):
            who = person(content.strip("[] "), kind="organizational")
        else:
            who = _person_of(content, number)
        if who:
            found.append(who)
        if len(found) > MOST_PEOPLE:
            raise InvalidInput(f"There are more than {MOST_PEOPLE:,} creators.", hint="Name the collaboration instead.")
    return found


def _person_of(content: str, number: int) -> dict[str, Any] | None:
    name, *rest = [part.strip() for part in content.split(";")]
    if not name:
        raise InvalidInput(f"Line {number} has no name.", hint="Write: Family, Given; ORCID; Affiliation.")
    orcid = next((match[1] for part in rest if (match := _ORCID.match(part))), "")
    places = [part for part in rest if part and not _ORCID.match(part)]
    return _named(name, orcid=orcid, places=places)


def _named(name: str, *, orcid: str, places: list[str]) -> dict[str, Any] | None:
    """A person; a wrong ORCID is kept, so that the check of the document tells of it."""
    family, _, given = (part.strip() for part in name.partition(","))
    who = person("" if given else name, given=given, family=family if given else "", kind="personal",
                 affiliations=places)  # fmt: skip
    if who and orcid:
        who["person_or_org"]["identifiers"] = [{"scheme": "orcid", "identifier": orcid}]
    return who


def line_of(creator: dict[str, Any]) -> str:
    """A creator as one line of such a list."""
    who = creator.get("person_or_org") or {}
    if who.get("type") == "organizational":
        return f"[{who.get('name') or ''}]"
    family, given = str(who.get("family_name") or who.get("name") or ""), str(who.get("given_name") or "")
    orcids = [str(i.get("identifier")) for i in who.get("identifiers") or [] if i.get("scheme") == "orcid"]
    places = [str(p.get("name") or p.get("id") or "").replace(";", ",") for p in creator.get("affiliations") or []]
    return "; ".join([", ".join(part for part in (family, given) if part), *orcids[:1], *(p for p in places if p)])


def people_of_csv(text: str, *, name: str = "the list") -> list[dict[str, Any]]:
    """Creators of a table with headings (family, given, orcid, affiliation; or name); extra columns are left out."""
    sample = text[:4000]
    delimiter = max(",;\t", key=lambda char: sample.partition("\n")[0].count(char))
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    heads = [_HEADINGS.get(cell.strip().strip("\ufeff").casefold(), "") for cell in rows[0]] if rows else []
    if "family" not in heads and "name" not in heads:
        raise InvalidInput(
            f"The first line of {name} names no column of names.",
            hint="Give the columns family, given, orcid and affiliation.",
        )
    found = []
    for row in rows[1 : MOST_PEOPLE + 1]:
        cells: dict[str, list[str]] = {}
        for head, cell in zip(heads, row, strict=False):
            if head and cell.strip():
                cells.setdefault(head, []).append(cell.strip())
        places = [part.strip() for cell in cells.get("places", []) for part in cell.split(";") if part.strip()]
        family, given = " ".join(cells.get("family", [])), " ".join(cells.get("given", []))
        whole = f"{family}, {given}".strip(", ") if family or given else " ".join(cells.get("name", []))
        match = _ORCID.match(next(iter(cells.get("orcid", [])), ""))
        if whole and (who := _named(whole, orcid=match[1] if match else "", places=places)):
            found.append(who)
    return found


def people_of_author_xml(content: bytes, *, name: str = "author.xml") -> list[dict[str, Any]]:
    """The authors of a ``collaborationauthorlist`` with the names of their organisations."""
    root = element_of(content, name=name)
    places = {str(one.get("id")): " ".join(_texts(one, ("orgName", "name"))[:1]) for one in _all(root, "Organization")}
    found: list[dict[str, Any]] = []
    for one in [*_all(root, "Person")][:MOST_PEOPLE]:
        family, given = (" ".join(_texts(one, names)[:1]) for names in (("familyName",), ("givenName",)))
        whole = " ".join(_texts(one, ("authorNamePaper", "name"))[:1])
        ids = [i for i in _all(one, "authorid") if str(i.get("source", "")).upper() == "ORCID"]
        orcid = next((match[1] for i in ids if (match := _ORCID.match(text_of(i.text).strip()))), "")
        at = [str(i.get("organizationid")) for i in _all(one, "authorAffiliation")]
        label = f"{family}, {given}".strip(", ") if family else whole
        if label and (who := _named(label, orcid=orcid, places=[places[i] for i in at if places.get(i)])):
            found.append(who)
    if not found:
        raise InvalidInput(f"{name} holds no author.", hint="It should be INSPIRE's author.xml, with Person elements.")
    collaborations = [text for one in _all(root, "collaboration") for text in _texts(one, ("name",))]
    return found + [who for label in dict.fromkeys(collaborations) if (who := person(label, kind="organizational"))]


def _all(element: Any, name: str) -> list[Any]:
    return [one for one in element.iter() if local_name(one) == name]


def _texts(element: Any, names: tuple[str, ...]) -> list[str]:
    """The texts below an element, those of the first of the names first."""
    found = [
        (names.index(local_name(one)), " ".join(str(one.text or "").split()))
        for one in element.iter()
        if local_name(one) in names
    ]
    return [text for _, text in sorted(found, key=lambda pair: pair[0]) if text]
