"""How an answer of the deposit form may go on: people, institutions, experiments, facilities, licences, subjects.

First what is here (this installation, the actor's own records, the bundled vocabularies), then, when it is asked for
and the operator allows it, the registries elsewhere. Never an electronic address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from django.db.models import Q

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.core.vocabularies.institutions import Institution, find_institutions, plain_words
from dop2i.core.vocabularies.subjects import SCHEME, concept, find_concepts
from dop2i.errors import InvalidInput
from dop2i.server.identifiers.lookup import if_it_answers, is_allowed
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.models import Record

MOST = 10
LONGEST = 200
RECORDS_LOOKED_AT = 40
SHORTEST_SUBJECT = 3
MOST_OWN_SUBJECTS = 3
MOST_HEADINGS = 5
"""So that of ten completions some of each origin are seen."""
CREATORS_LOOKED_AT = 400


@dataclass(frozen=True, slots=True)
class Completion:
    """One way to go on. ``value`` is what enters the field, ``note`` tells people apart, ``source`` is where it is
    from (here, own, list, ORCID, ROR), ``fields`` fills what stands beside it (given, orcid, affiliation, ror)."""

    value: str
    label: str
    note: str = ""
    source: str = "list"
    fields: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def complete(actor: Actor, *, kind: str, q: str, language: str = "en", far: bool = False) -> list[Completion]:
    """At most ten ways in which ``q`` may go on. ``far`` also asks the registries that the operator allows.

    Raises ``NotAuthenticated``, and ``InvalidInput`` for a kind that is not known.
    """
    person = require_scope(actor, "read")
    find = _KINDS.get(kind)
    if find is None:
        raise InvalidInput(f"There is no completion of {kind[:40]!r}.", hint=f"There are {', '.join(sorted(_KINDS))}.")
    text = " ".join(q[:LONGEST].split())
    if not text:
        return []
    found: list[Completion] = []
    seen: set[str] = set()
    for one in find(person, text, language, far):
        key = one.fields.get("orcid") or one.fields.get("ror") or plain_words(one.label)
        if key not in seen:
            seen.add(key)
            found.append(one)
        if len(found) == MOST:
            break
    return found


def asks_far(kind: str) -> bool:
    """Whether a registry elsewhere may be asked for this kind."""
    return is_allowed({"person": "orcid", "institution": "ror"}.get(kind, ""))


def _people(person: Person, text: str, language: str, far: bool) -> Iterator[Completion]:
    words = plain_words(text).split()
    yield from _persons_here(text)
    for creator in _own_creators(person):
        who = creator.get("person_or_org") or {}
        name = " ".join(str(who.get(part) or "") for part in ("given_name", "family_name", "name"))
        known = plain_words(name).split()
        if who.get("type") != "organizational" and all(any(k.startswith(w) for k in known) for w in words):
            yield _person(creator, "own")
    if far and is_allowed("orcid"):
        from dop2i.server.identifiers.lookup_people import people_of_orcid

        for one in if_it_answers(lambda: people_of_orcid(text)):
            beside = {"given": one.given, "orcid": one.orcid, "affiliation": one.place}
            label = ", ".join(part for part in (one.family, one.given) if part)
            note = " · ".join(part for part in (one.place, one.orcid) if part)
            yield Completion(one.family, label, note, "ORCID", {k: v for k, v in beside.items() if v})


def _persons_here(text: str) -> Iterator[Completion]:
    """Persons of this installation who sign in; their names as their profiles have them."""
    rows = Person.objects.filter(is_active=True, is_robot=False)
    for word in text.replace(",", " ").split()[:4]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(family_name__istartswith=word)
            | Q(given_name__istartswith=word)
            | Q(orcid__startswith=word)
        )
    for one in rows.order_by("family_name", "name")[:MOST]:
        yield _person(one.profile, "here")


def _person(creator: dict[str, Any], source: str) -> Completion:
    who = creator.get("person_or_org") or {}
    orcid = next((str(i["identifier"]) for i in who.get("identifiers") or [] if i.get("scheme") == "orcid"), "")
    places = "; ".join(str(p.get("name") or "") for p in creator.get("affiliations") or [] if p.get("name"))
    family = str(who.get("family_name") or who.get("name") or "")
    beside = {"given": str(who.get("given_name") or ""), "orcid": orcid, "affiliation": places}
    label = ", ".join(part for part in (family, beside["given"]) if part)
    note = " · ".join(part for part in (places, orcid) if part)
    return Completion(family, label, note, source, {key: value for key, value in beside.items() if value})


def _own_records(person: Person) -> Iterable[dict[str, Any]]:
    rows = Record.objects.filter(concept__owner=person).order_by("-updated")
    for document, draft in rows.values_list("document", "draft")[:RECORDS_LOOKED_AT]:
        yield draft or document or {}


def _own_creators(person: Person) -> Iterator[dict[str, Any]]:
    for document in _own_records(person):
        yield from ((document.get("metadata") or {}).get("creators") or [])[:CREATORS_LOOKED_AT]


def _institutions(person: Person, text: str, language: str, far: bool) -> Iterator[Completion]:
    for one in find_institutions(text, most=MOST):
        yield _institution(one, language, "list")
    wanted = plain_words(text)
    for creator in _own_creators(person):
        for place in creator.get("affiliations") or []:
            name = str(place.get("name") or "")
            if name and plain_words(name).startswith(wanted):
                yield Completion(name, name, "", "own")
    if far and is_allowed("ror"):
        from dop2i.server.identifiers.lookup_institutions import institutions_of_ror

        for one in if_it_answers(lambda: institutions_of_ror(text)):
            yield _institution(one, language, "ROR")


def _institution(one: Institution, language: str, source: str) -> Completion:
    name = one.french if language.startswith("fr") and one.french else one.name
    short = one.acronyms[0] if one.acronyms and one.acronyms[0] not in name else ""
    label = f"{name} ({short})" if short else name
    return Completion(name, label, " · ".join(p for p in (one.place, one.ror) if p), source, {"ror": one.ror})


def _terms(vocabulary: str) -> Callable[[Person, str, str, bool], Iterator[Completion]]:
    """Terms whose label or id begins so, then those that hold the words."""

    def find(person: Person, text: str, language: str, far: bool) -> Iterator[Completion]:
        wanted = plain_words(text)
        ranked = []
        for term in VOCABULARIES[vocabulary].values():
            names = [plain_words(name) for name in (term.label(language), term.label("en"), term.id)]
            if any(name.startswith(wanted) for name in names):
                ranked.append((0, term))
            elif any(f" {wanted}" in name for name in names):
                ranked.append((1, term))
        for _, term in sorted(ranked, key=lambda pair: pair[0]):
            value = term.id if vocabulary == "licenses" else term.label(language)
            note = str(term.props.get("spdx") or term.props.get("organisation") or "")
            yield Completion(value, term.label(language), note)

    return find


def _subjects(person: Person, text: str, language: str, far: bool) -> Iterator[Completion]:
    """Keywords of the actor's own records, headings of the vocabulary, then what the actor sees in the catalogue."""
    yield from islice(_own_subjects(person, plain_words(text)), MOST_OWN_SUBJECTS)
    for one in find_concepts(text, language=language, most=MOST_HEADINGS):
        label = one.label(language)
        note = " · ".join(name for name in (SCHEME, one.english) if name != label)
        yield Completion(label, label, note, "list", {"id": one.id, "scheme": SCHEME})
    yield from _subjects_here(person, text)


def _own_subjects(person: Person, wanted: str) -> Iterator[Completion]:
    seen: set[str] = set()
    for document in _own_records(person):
        for subject in (document.get("metadata") or {}).get("subjects") or []:
            word = str(subject.get("subject") or "")
            if word and word not in seen and plain_words(word).startswith(wanted):
                seen.add(word)
                known = concept(subject.get("id"))
                fields = {"id": known.id, "scheme": SCHEME} if known else {}
                yield Completion(word, word, SCHEME if known else "", "own", fields)


def _subjects_here(person: Person, text: str) -> Iterator[Completion]:
    """Keywords of what the catalogue finds with these words, the commonest first."""
    from collections import Counter

    from dop2i.server.catalogue.queries import search
    from dop2i.server.people.policy import actor_for_person

    words = plain_words(text)
    if len(words) < SHORTEST_SUBJECT:
        return
    counted: Counter[str] = Counter()
    for hit in search(actor_for_person(person), q=f"keyword:{words.split()[-1]}*", size=50, facets=False).hits:
        for subject in (hit.get("metadata") or {}).get("subjects") or []:
            word = str(subject.get("subject") or "")
            if f" {plain_words(word)}".find(f" {words}") >= 0:
                counted[word] += 1
    for word, count in counted.most_common(MOST):
        yield Completion(word, word, str(count), "here")


_KINDS: dict[str, Callable[[Person, str, str, bool], Iterator[Completion]]] = {
    "person": _people,
    "institution": _institutions,
    "experiment": _terms("experiments"),
    "facility": _terms("facilities"),
    "licence": _terms("licenses"),
    "subject": _subjects,
}
KINDS = tuple(_KINDS)
