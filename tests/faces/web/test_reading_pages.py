"""Chloé reads: home, search, the landing page, in two languages; Mallory finds nothing to use."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'"


def text_of(response: Any) -> str:
    return response.content.decode("utf-8")


def test_chloe_finds_a_record_from_the_home_page(browser: Any, published: Any) -> None:
    record = published()
    chloe = browser()
    home = text_of(chloe.get("/"))
    assert "One record, from the quark" in home
    assert f"/records/{record.pk}" in home
    found = text_of(chloe.get("/search", {"q": "muons"}))
    assert "Cosmic muons on a balcony" in found
    assert "Particle physics" in found


def test_the_home_page_of_an_empty_installation_says_so(browser: Any) -> None:
    assert "Nothing is published here yet" in text_of(browser().get("/"))


def test_a_search_without_result_helps(browser: Any, published: Any) -> None:
    published()
    answer = browser().get("/search", {"q": "zzzz", "theme": "particle"})
    assert answer.status_code == 200
    assert "No record holds “zzzz” with these filters" in text_of(answer)
    assert "Search without the filters" in text_of(answer)


@pytest.mark.parametrize("query", ["(((((", "AND OR", "a" * 5000, "title:", "*", "\ud83d"[:0] + "é" * 200, "page"])
def test_no_query_breaks_the_search_page(browser: Any, published: Any, query: str) -> None:
    assert browser().get("/search", {"q": query, "page": "x", "sort": "nonsense"}).status_code in (200, 400)
    assert browser().get("/search", {"q": query}).status_code in (200, 400)


def test_the_state_of_a_search_is_in_its_address(browser: Any, published: Any) -> None:
    published()
    page = text_of(browser().get("/search", {"q": "muons", "theme": "particle", "year": "2026", "sort": "newest"}))
    assert re.search(r'name="theme" value="particle"[^>]* checked', page)
    assert "Remove Theme Particle physics" in page
    assert 'href="/search?q=muons&amp;year=2026&amp;sort=newest"' in page


def test_the_first_screen_of_a_record_answers_five_questions(browser: Any, published: Any) -> None:
    record = published()
    page = text_of(browser().get(f"/records/{record.pk}"))
    for words in ("May I use it?", "Get it", "Cite it", "Can I trust it?", "Cosmic muons on a balcony"):
        assert words in page
    assert "Download all" in page
    assert "7 to 8\u00a0TeV" in page
    assert "All 2 files were kept with their SHA-256" in page
    assert "Creative Commons" in page


def test_the_record_shows_what_the_readers_found(browser: Any, published: Any) -> None:
    record = published()
    page = text_of(browser().get(f"/records/{record.pk}", {"file": "data/hits.csv"}))
    assert "<code>charge</code>" in page
    assert "Histogram of" in page
    readme = text_of(browser().get(f"/records/{record.pk}", {"file": "README.md"}))
    assert "On a balcony." in readme


def test_no_markup_of_a_depositor_runs(browser: Any, published: Any) -> None:
    evil = '</script><script>alert("x")</script>'
    files = {"<img src=x onerror=alert(1)>.csv": b"a,<b>\n1,2\n3,4\n", "x.html": b"<script>alert(1)</script>"}
    record = published(files, metadata={"title": evil, "description": evil})
    page = text_of(browser().get(f"/records/{record.pk}"))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert json.loads(blocks[0])["name"] == evil
    served = browser().get(f"/records/{record.pk}/files/x.html", {"view": "1"})
    assert served["Content-Disposition"].startswith("attachment")
    assert "sandbox" in served["Content-Security-Policy"]


def test_every_page_carries_a_strict_policy_and_no_inline_style_or_script(
    browser: Any, alice: Any, published: Any
) -> None:
    record = published()
    signed_in = browser(alice)
    paths = ["/", "/search", f"/records/{record.pk}", "/sign-in", "/about", "/api-reader", "/nothing-here"]
    answers = [browser().get(path) for path in paths]
    answers += [signed_in.get(path) for path in ("/work", "/deposit", "/work/tokens", "/profile")]
    for answer in answers:
        assert answer["Content-Security-Policy"].startswith(STRICT)
        page = text_of(answer)
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style", page)
        assert all("src=" in tag or "ld+json" in tag for tag in re.findall(r"<script[^>]*>", page))
        assert not re.search(r'(?:src|href)="https?://(?!localhost)[^"]*\.(?:js|css|woff2?|png)"', page)


def test_chloe_reads_in_french_with_french_typography(browser: Any, published: Any) -> None:
    record = published()
    chloe = browser(language="fr")
    page = text_of(chloe.get(f"/records/{record.pk}"))
    assert '<html lang="fr">' in page
    assert "Muons cosmiques sur un balcon" in page
    assert "Puis-je l’utiliser\u202f?" in page
    assert "7 à 8\u00a0TeV" in page
    assert "1ᵉʳ\u00a0mars 2026" in page
    assert "\u00a0ko" in page


def test_the_language_switch_keeps_the_page_and_goes_nowhere_else(browser: Any, instance: Any) -> None:
    chloe = browser()
    answer = chloe.get("/language", {"to": "fr", "next": "/search?q=muons"})
    assert answer["Location"] == "/search?q=muons"
    assert "Chercher" in text_of(chloe.get("/search?q=muons"))
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert chloe.get("/language", {"to": "en", "next": elsewhere})["Location"] == "/"


def test_programs_get_what_they_accept(browser: Any, published: Any) -> None:
    record = published()
    wanted = {
        "application/json": "application/json",
        "application/vnd.datacite.datacite+json": "application/vnd.datacite.datacite+json",
        "application/x-bibtex": "application/x-bibtex",
        "text/turtle": "text/turtle",
        "application/ld+json": "application/ld+json",
        "text/html,application/xhtml+xml,*/*;q=0.8": "text/html",
        "*/*": "text/html",
    }
    for accept, media_type in wanted.items():
        answer = browser().get(f"/records/{record.pk}", headers={"Accept": accept})
        assert answer["Content-Type"].startswith(media_type), accept
        assert "Accept" in answer["Vary"]


def test_every_export_of_the_menu_answers(browser: Any, published: Any) -> None:
    record = published()
    page = text_of(browser().get(f"/records/{record.pk}"))
    addresses = set(re.findall(rf'href="(/records/{record.pk}/export/[^"]+)"', page))
    assert len(addresses) >= 10
    for address in addresses:
        assert browser().get(address).status_code == 200
    assert browser().get(f"/records/{record.pk}/export/nonsense").status_code == 404


def test_signposting_is_in_the_header_and_in_the_page(browser: Any, published: Any) -> None:
    record = published()
    answer = browser().get(f"/records/{record.pk}")
    for relation in ("cite-as", "describedby", "item", "license", "type", "linkset"):
        assert f'rel="{relation}"' in answer["Link"]
        assert f'<link rel="{relation}"' in text_of(answer)
    links = browser().get(f"/records/{record.pk}/linkset.json")
    assert links["Content-Type"] == "application/linkset+json"


def test_reference_managers_find_their_tags(browser: Any, published: Any) -> None:
    page = text_of(browser().get(f"/records/{published().pk}"))
    assert '<meta name="citation_title" content="Cosmic muons on a balcony">' in page
    assert '<meta name="citation_author" content="Alice Martin">' in page
    assert '<meta name="citation_publication_date" content="2026/03/01">' in page


def test_the_archive_holds_every_file_whole(browser: Any, published: Any) -> None:
    record = published({"a/b.bin": bytes(range(256)) * 5000, "c.txt": b"c", "empty": b""})
    answer = browser().get(f"/records/{record.pk}/archive.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.testzip() is None
        assert archive.read("a/b.bin") == bytes(range(256)) * 5000
        assert sorted(archive.namelist()) == ["a/b.bin", "c.txt", "empty"]


def test_the_crate_begins_with_its_metadata(browser: Any, published: Any) -> None:
    record = published()
    answer = browser().get(f"/records/{record.pk}/crate.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.namelist()[0] == "ro-crate-metadata.json"
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
        named = {item["@id"].removeprefix("./") for item in graph if item.get("@type") == "File"}
        assert set(archive.namelist()[2:]) <= named


def test_files_of_a_restricted_record_show_nowhere(browser: Any, published: Any, alice: Any) -> None:
    record = published(access={"record": "public", "files": "restricted"})
    chloe = browser()
    page = text_of(chloe.get(f"/records/{record.pk}"))
    assert "hits.csv" not in page
    assert "not open to you" in page
    assert "hits" not in text_of(chloe.get(f"/records/{record.pk}/picture.svg"))
    for path in ("files/data/hits.csv", "archive.zip", "crate.zip"):
        assert chloe.get(f"/records/{record.pk}/{path}").status_code in (302, 403, 404)
    assert "hits.csv" in text_of(browser(alice).get(f"/records/{record.pk}"))


def test_a_record_that_is_not_public_is_not_there_for_others(browser: Any, published: Any, mallory: Any) -> None:
    record = published(access={"record": "restricted", "files": "restricted"})
    for who in (None, mallory):
        for path in ("", "/picture.svg", "/export/bibtex", "/linkset.json", "/files/README.md", "/latest"):
            assert browser(who).get(f"/records/{record.pk}{path}").status_code == 404
    assert "muons" not in text_of(browser().get("/")).lower()


def test_a_page_that_is_not_there_is_well_made(browser: Any, instance: Any) -> None:
    answer = browser(language="fr").get("/records/999999")
    assert answer.status_code == 404
    assert "Il n’y a rien à cette adresse" in text_of(answer)
    assert "Chercher des données" in text_of(answer)


def test_the_number_of_a_concept_leads_to_its_newest_version(browser: Any, published: Any) -> None:
    record = published()
    assert browser().get(f"/records/{record.concept_id}")["Location"] == f"/records/{record.pk}"
    assert browser().get(f"/records/{record.pk}/latest")["Location"] == f"/records/{record.pk}"


def test_an_ark_leads_to_its_record(browser: Any, published: Any) -> None:
    record = published()
    document = browser().get(f"/records/{record.pk}", headers={"Accept": "application/json"}).json()
    ark = document["pids"]["ark"]["identifier"]
    assert browser().get(f"/{ark}")["Location"] == f"/records/{record.pk}"
    assert browser().get("/ark:/99999/nonsense").status_code == 404


def test_the_picture_is_an_svg_of_the_content_and_is_kept_by_browsers(browser: Any, published: Any) -> None:
    record = published()
    answer = browser().get(f"/records/{record.pk}/picture.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert b'class="curve"' in answer.content
    again = browser().get(f"/records/{record.pk}/picture.svg", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_a_large_record_is_shown_a_page_of_a_folder_at_a_time(browser: Any, published: Any) -> None:
    record = published({f"runs/{i:03}/data.txt": b"%d" % i for i in range(75)})
    page = text_of(browser().get(f"/records/{record.pk}", {"folder": "runs/"}))
    assert page.count('class="name">0') == 40
    following = re.search(r'href="(\?folder=[^"#]*after=[^"#]*)', page)
    assert following
    rest = text_of(browser().get(f"/records/{record.pk}{following.group(1).replace('&amp;', '&')}"))
    assert "074" in rest
    opened = text_of(browser().get(f"/records/{record.pk}", {"folder": "runs/007/"}))
    assert "data.txt" in opened


def test_the_api_is_read_on_a_page_of_its_own(browser: Any, instance: Any) -> None:
    page = text_of(browser().get("/api-reader"))
    assert "/api/records" in page
    assert page.count("api-operation") > 20


RULES = {
    "extends": ["html-validate:recommended"],
    "rules": {
        "doctype-style": "off",  # case does not matter in HTML
        "form-dup-name": ["error", {"allowCheckboxDefault": True, "shared": ["checkbox", "radio", "submit", "button"]}],
        "long-title": "off",
        "no-implicit-button-type": "off",  # a button of a form sends it: that is meant
        "no-trailing-whitespace": "off",
        "no-implicit-input-type": "off",  # text is the default
        "prefer-native-element": "off",  # a region that scrolls is a div with a role and a name
        "void-style": "off",
    },
}


def test_the_pages_are_valid_html(browser: Any, alice: Any, published: Any, npm_packages: Path, tmp_path: Path) -> None:
    record = published()
    client = browser(alice)
    draft = client.post("/deposit", {})["Location"]
    paths = [
        "/",
        "/search",
        f"/records/{record.pk}",
        "/work",
        "/work/tokens",
        "/profile",
        draft,
        "/deposit",
        "/nowhere",
    ]
    for number, path in enumerate([*paths, "/api-reader", "/about/depositing"]):
        (tmp_path / f"page-{number}.html").write_bytes(client.get(path).content)
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(RULES))
    program = npm_packages / "html-validate" / "bin" / "html-validate.mjs"
    command = ["node", str(program), "--formatter", "text", *map(str, sorted(tmp_path.glob("*.html")))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
