"""Roles of creators and contributors: InvenioRDM's ids, with DataCite 4.6's contributorType and MARC relator codes."""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms

ROLES: dict[str, Term] = terms(
    ("contactperson", "Contact person", "Personne à contacter", {"datacite": "ContactPerson", "marc": "prc"}),
    ("datacollector", "Data collector", "Collecte des données", {"datacite": "DataCollector", "marc": "col"}),
    ("datacurator", "Data curator", "Curation des données", {"datacite": "DataCurator", "marc": "cur"}),
    ("datamanager", "Data manager", "Gestion des données", {"datacite": "DataManager", "marc": "dtm"}),
    ("distributor", "Distributor", "Distribution", {"datacite": "Distributor", "marc": "dst"}),
    ("editor", "Editor", "Édition scientifique", {"datacite": "Editor", "marc": "edt"}),
    ("hostinginstitution", "Hosting institution", "Établissement d'accueil", {"datacite": "HostingInstitution"}),
    ("producer", "Producer", "Production", {"datacite": "Producer", "marc": "pro"}),
    ("projectleader", "Project leader", "Direction de projet", {"datacite": "ProjectLeader", "marc": "pdr"}),
    ("projectmanager", "Project manager", "Gestion de projet", {"datacite": "ProjectManager", "marc": "pdr"}),
    ("projectmember", "Project member", "Membre du projet", {"datacite": "ProjectMember", "marc": "res"}),
    ("registrationagency", "Registration agency", "Agence d'enregistrement", {"datacite": "RegistrationAgency"}),
    (
        "registrationauthority",
        "Registration authority",
        "Autorité d'enregistrement",
        {"datacite": "RegistrationAuthority"},
    ),
    ("relatedperson", "Related person", "Personne liée", {"datacite": "RelatedPerson"}),
    ("researcher", "Researcher", "Recherche", {"datacite": "Researcher", "marc": "res"}),
    ("researchgroup", "Research group", "Groupe de recherche", {"datacite": "ResearchGroup", "marc": "rtm"}),
    ("rightsholder", "Rights holder", "Titulaire des droits", {"datacite": "RightsHolder", "marc": "cph"}),
    ("sponsor", "Sponsor", "Parrainage", {"datacite": "Sponsor", "marc": "spn"}),
    ("supervisor", "Supervisor", "Encadrement", {"datacite": "Supervisor", "marc": "dgs"}),
    ("translator", "Translator", "Traduction", {"datacite": "Translator", "marc": "trl"}),
    ("workpackageleader", "Work package leader", "Direction de lot", {"datacite": "WorkPackageLeader"}),
    ("other", "Other", "Autre", {"datacite": "Other"}),
)
