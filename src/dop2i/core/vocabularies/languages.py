"""Languages by their ISO 639-3 code, with the two-letter code of ISO 639-1 (``alpha_2``)."""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms

_ROWS = """
eng en English|anglais
fra fr French|français
deu de German|allemand
ita it Italian|italien
spa es Spanish|espagnol
por pt Portuguese|portugais
cat ca Catalan|catalan
glg gl Galician|galicien
eus eu Basque|basque
bre br Breton|breton
oci oc Occitan|occitan
cos co Corsican|corse
nld nl Dutch|néerlandais
ltz lb Luxembourgish|luxembourgeois
dan da Danish|danois
swe sv Swedish|suédois
nor no Norwegian|norvégien
nob nb Norwegian Bokmål|norvégien bokmål
nno nn Norwegian Nynorsk|norvégien nynorsk
isl is Icelandic|islandais
fin fi Finnish|finnois
est et Estonian|estonien
lav lv Latvian|letton
lit lt Lithuanian|lituanien
pol pl Polish|polonais
ces cs Czech|tchèque
slk sk Slovak|slovaque
slv sl Slovenian|slovène
hun hu Hungarian|hongrois
ron ro Romanian|roumain
bul bg Bulgarian|bulgare
hrv hr Croatian|croate
srp sr Serbian|serbe
bos bs Bosnian|bosnien
mkd mk Macedonian|macédonien
sqi sq Albanian|albanais
ell el Greek|grec
rus ru Russian|russe
ukr uk Ukrainian|ukrainien
bel be Belarusian|biélorusse
kat ka Georgian|géorgien
hye hy Armenian|arménien
aze az Azerbaijani|azéri
kaz kk Kazakh|kazakh
uzb uz Uzbek|ouzbek
tur tr Turkish|turc
ara ar Arabic|arabe
heb he Hebrew|hébreu
fas fa Persian|persan
hin hi Hindi|hindi
ben bn Bengali|bengali
urd ur Urdu|ourdou
tam ta Tamil|tamoul
tel te Telugu|télougou
zho zh Chinese|chinois
jpn ja Japanese|japonais
kor ko Korean|coréen
vie vi Vietnamese|vietnamien
tha th Thai|thaï
ind id Indonesian|indonésien
msa ms Malay|malais
mlg mg Malagasy|malgache
swa sw Swahili|swahili
afr af Afrikaans|afrikaans
gle ga Irish|irlandais
cym cy Welsh|gallois
mlt mt Maltese|maltais
lat la Latin|latin
epo eo Esperanto|espéranto
""".strip()


def _languages() -> dict[str, Term]:
    rows: list[tuple[str, str, str, dict[str, str]]] = []
    for line in _ROWS.splitlines():
        alpha_3, alpha_2, names = line.split(" ", 2)
        english, french = names.split("|")
        rows.append((alpha_3, english, french, {"alpha_2": alpha_2}))
    return terms(*rows)


LANGUAGES: dict[str, Term] = _languages()

_BIBLIOGRAPHIC = {
    "fre": "fra", "ger": "deu", "dut": "nld", "cze": "ces", "slo": "slk", "rum": "ron", "mac": "mkd", "alb": "sqi",
    "gre": "ell", "geo": "kat", "arm": "hye", "per": "fas", "chi": "zho", "may": "msa", "wel": "cym", "ice": "isl",
    "baq": "eus",
}  # fmt: skip
_FROM_TWO = {term.props["alpha_2"]: term.id for term in LANGUAGES.values()}
_TO_TWO = {term.id: str(term.props["alpha_2"]) for term in LANGUAGES.values()}


def language_id(text: str) -> str:
    """The ISO 639-3 id of a code that people write: ``fr``, ``fr-FR``, ``fre``, ``FRA`` give ``fra``.

    A three-letter code that is not in the vocabulary is given back in lower case; anything else gives ``""``.
    """
    code = text.strip().lower().replace("_", "-").split("-")[0]
    if len(code) == 2:
        return _FROM_TWO.get(code, "")
    code = _BIBLIOGRAPHIC.get(code, code)
    return code if len(code) == 3 and code.isascii() and code.isalpha() else ""


def language_tag(language: str) -> str:
    """The shortest BCP 47 tag (``fr`` for ``fra``), as ``xml:lang`` and JSON-LD's ``@language`` want it."""
    return _TO_TWO.get(language, language)
