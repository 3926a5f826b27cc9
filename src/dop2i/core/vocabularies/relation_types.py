"""How a record is related to another object: InvenioRDM's ids for DataCite 4.6's relationType; ``inverse`` by id."""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms

_PAIRS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("IsCitedBy", "Is cited by", "Est cité par", "Cites", "Cites", "Cite"),
    ("IsSupplementTo", "Is supplement to", "Complète", "IsSupplementedBy", "Is supplemented by", "Est complété par"),
    ("IsContinuedBy", "Is continued by", "Est poursuivi par", "Continues", "Continues", "Poursuit"),
    ("IsDescribedBy", "Is described by", "Est décrit par", "Describes", "Describes", "Décrit"),
    ("HasMetadata", "Has metadata", "A pour métadonnées", "IsMetadataFor", "Is metadata for", "Est la métadonnée de"),
    ("HasVersion", "Has version", "A pour version", "IsVersionOf", "Is version of", "Est une version de"),
    (
        "IsNewVersionOf",
        "Is new version of",
        "Est une nouvelle version de",
        "IsPreviousVersionOf",
        "Is previous version of",
        "Est une version antérieure de",
    ),
    ("IsPartOf", "Is part of", "Fait partie de", "HasPart", "Has part", "Contient"),
    ("IsReferencedBy", "Is referenced by", "Est référencé par", "References", "References", "Référence"),
    ("IsDocumentedBy", "Is documented by", "Est documenté par", "Documents", "Documents", "Documente"),
    ("IsCompiledBy", "Is compiled by", "Est compilé par", "Compiles", "Compiles", "Compile"),
    (
        "IsVariantFormOf",
        "Is variant form of",
        "Est une variante de",
        "IsOriginalFormOf",
        "Is original form of",
        "Est la forme originale de",
    ),
    ("IsReviewedBy", "Is reviewed by", "Est évalué par", "Reviews", "Reviews", "Évalue"),
    ("IsDerivedFrom", "Is derived from", "Est dérivé de", "IsSourceOf", "Is source of", "Est la source de"),
    ("IsRequiredBy", "Is required by", "Est requis par", "Requires", "Requires", "Requiert"),
    ("IsObsoletedBy", "Is obsoleted by", "Est rendu obsolète par", "Obsoletes", "Obsoletes", "Rend obsolète"),
    ("IsTranslationOf", "Is translation of", "Est une traduction de", "HasTranslation", "Has translation",
     "A pour traduction"),
    ("IsCollectedBy", "Is collected by", "Est collecté par", "Collects", "Collects", "Collecte"),
)  # fmt: skip


def _relations() -> dict[str, Term]:
    rows: list[tuple[str, str, str, dict[str, str]]] = []
    for one, one_en, one_fr, other, other_en, other_fr in _PAIRS:
        rows.append((one.lower(), one_en, one_fr, {"datacite": one, "inverse": other.lower()}))
        rows.append((other.lower(), other_en, other_fr, {"datacite": other, "inverse": one.lower()}))
    rows.append(("isidenticalto", "Is identical to", "Est identique à", {"datacite": "IsIdenticalTo"}))
    rows.append(("ispublishedin", "Is published in", "Est publié dans", {"datacite": "IsPublishedIn"}))
    rows.append(("other", "Other relation", "Autre relation", {"datacite": "References"}))
    return terms(*rows)


RELATION_TYPES: dict[str, Term] = _relations()
