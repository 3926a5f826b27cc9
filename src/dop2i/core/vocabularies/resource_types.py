"""Types of resource. The ids are InvenioRDM's; the mappings are to DataCite 4.6, schema.org, CSL 1.0, BibTeX and COAR.

Sources: DataCite 4.6 ``resourceTypeGeneral``, schema.org 28, the CSL 1.0.2 list of types, COAR resource types 3.1.
Poster and presentation have a general type only from DataCite 4.7 on, so they are ``Text`` here.
"""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms


def _row(
    term_id: str, english: str, french: str, *, datacite: str, schema: str, csl: str, bibtex: str, dcmi: str = "Text"
) -> tuple[str, str, str, dict[str, str]]:
    props = {"datacite": datacite, "schema": schema, "csl": csl, "bibtex": bibtex, "dcmi": dcmi}
    return term_id, english, french, {**props, "family": term_id.split("-")[0]}


def _text(term_id: str, english: str, french: str, datacite: str = "Text", csl: str = "report", bibtex: str = "misc",
          schema: str = "CreativeWork") -> tuple[str, str, str, dict[str, str]]:  # fmt: skip
    return _row(term_id, english, french, datacite=datacite, schema=schema, csl=csl, bibtex=bibtex)


def _image(term_id: str, english: str, french: str) -> tuple[str, str, str, dict[str, str]]:
    return _row(
        term_id,
        english,
        french,
        datacite="Image",
        schema="ImageObject",
        csl="graphic",
        bibtex="misc",
        dcmi="StillImage",
    )


RESOURCE_TYPES: dict[str, Term] = terms(
    _row(
        "dataset", "Dataset", "Jeu de données",
        datacite="Dataset", schema="Dataset", csl="dataset", bibtex="dataset", dcmi="Dataset",
    ),
    _row(
        "software", "Software", "Logiciel",
        datacite="Software", schema="SoftwareSourceCode", csl="software", bibtex="software", dcmi="Software",
    ),
    _row(
        "software-computationalnotebook", "Computational notebook", "Notebook de calcul",
        datacite="ComputationalNotebook", schema="SoftwareSourceCode", csl="software", bibtex="software",
        dcmi="Software",
    ),
    _row(
        "workflow", "Workflow", "Workflow",
        datacite="Workflow", schema="SoftwareSourceCode", csl="software", bibtex="misc", dcmi="Software",
    ),
    _row(
        "model", "Model", "Modèle",
        datacite="Model", schema="CreativeWork", csl="document", bibtex="misc", dcmi="Dataset",
    ),
    _text("publication", "Publication", "Publication"),
    _text("publication-article", "Journal article", "Article de revue", "JournalArticle", "article-journal", "article",
          "ScholarlyArticle"),
    _text("publication-preprint", "Preprint", "Prépublication", "Preprint", "article", "unpublished",
          "ScholarlyArticle"),
    _text("publication-datapaper", "Data paper", "Article de données", "DataPaper", "article-journal", "article",
          "ScholarlyArticle"),
    _text("publication-conferencepaper", "Conference paper", "Article de conférence", "ConferencePaper",
          "paper-conference", "inproceedings", "ScholarlyArticle"),
    _text("publication-conferenceproceeding", "Conference proceeding", "Actes de conférence",
          "ConferenceProceeding", "book", "proceedings", "Book"),
    _text("publication-dissertation", "Thesis", "Thèse", "Dissertation", "thesis", "phdthesis", "Thesis"),
    _text("publication-book", "Book", "Livre", "Book", "book", "book", "Book"),
    _text("publication-section", "Book chapter", "Chapitre de livre", "BookChapter", "chapter", "incollection",
          "Chapter"),
    _text("publication-journal", "Journal", "Revue", "Journal", "periodical", "misc", "Periodical"),
    _text("publication-report", "Report", "Rapport", "Report", "report", "techreport", "Report"),
    _text("publication-technicalnote", "Technical note", "Note technique", "Text", "report", "techreport", "Report"),
    _text("publication-workingpaper", "Working paper", "Document de travail", "Text", "report", "techreport",
          "Report"),
    _text("publication-deliverable", "Project deliverable", "Livrable de projet", "Text", "report", "techreport",
          "Report"),
    _text("publication-milestone", "Project milestone", "Jalon de projet", "Text", "report", "techreport", "Report"),
    _text("publication-proposal", "Proposal", "Proposition", "Text", "report", "techreport", "Report"),
    _text("publication-datamanagementplan", "Data management plan", "Plan de gestion de données",
          "OutputManagementPlan", "report", "misc", "DigitalDocument"),
    _text("publication-softwaredocumentation", "Software documentation", "Documentation de logiciel", "Text",
          "document", "manual", "TechArticle"),
    _text("publication-standard", "Standard", "Norme", "Standard", "standard", "misc"),
    _text("publication-studyregistration", "Study registration", "Enregistrement d'étude", "StudyRegistration",
          "document"),
    _text("publication-patent", "Patent", "Brevet", "Text", "patent"),
    _text("publication-peerreview", "Peer review", "Relecture par les pairs", "PeerReview", "review", "misc",
          "Review"),
    _text("publication-annotationcollection", "Annotation collection", "Collection d'annotations", "Collection",
          "document", "misc", "Collection"),
    _text("publication-taxonomictreatment", "Taxonomic treatment", "Traitement taxonomique", "Text", "document"),
    _text("publication-other", "Other publication", "Autre publication", "Text", "document"),
    _text("poster", "Poster", "Poster", "Text", "speech"),
    _text("presentation", "Presentation", "Présentation", "Text", "speech", "misc", "PresentationDigitalDocument"),
    _text("lesson", "Lesson", "Cours", "InteractiveResource", "document", "misc", "LearningResource"),
    _row(
        "event", "Event", "Événement",
        datacite="Event", schema="Event", csl="event", bibtex="misc", dcmi="Event",
    ),
    _image("image", "Image", "Image"),
    _image("image-figure", "Figure", "Figure"),
    _image("image-plot", "Plot", "Graphique"),
    _image("image-drawing", "Drawing", "Dessin"),
    _image("image-diagram", "Diagram", "Schéma"),
    _image("image-photo", "Photo", "Photographie"),
    _image("image-other", "Other image", "Autre image"),
    _row(
        "video", "Video", "Vidéo",
        datacite="Audiovisual", schema="VideoObject", csl="motion_picture", bibtex="misc", dcmi="MovingImage",
    ),
    _row(
        "audio", "Audio", "Enregistrement sonore",
        datacite="Sound", schema="AudioObject", csl="song", bibtex="misc", dcmi="Sound",
    ),
    _row(
        "physicalobject", "Physical object", "Objet matériel",
        datacite="PhysicalObject", schema="Thing", csl="document", bibtex="misc", dcmi="PhysicalObject",
    ),
    _row(
        "instrument", "Instrument", "Instrument",
        datacite="Instrument", schema="IndividualProduct", csl="document", bibtex="misc", dcmi="PhysicalObject",
    ),
    _row(
        "project", "Project", "Projet",
        datacite="Project", schema="Project", csl="document", bibtex="misc", dcmi="Collection",
    ),
    _row(
        "other", "Other", "Autre",
        datacite="Other", schema="CreativeWork", csl="document", bibtex="misc", dcmi="Collection",
    ),
)  # fmt: skip
