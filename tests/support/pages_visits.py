"""Which addresses of the route table are visited, and as whom: every page of ``faces/web/urls.py`` has a row.

A visit is ``WHO PATH``; ``both`` is a visitor and the administrator, who sees most. What answers no page (a file, a
redirection, a form's target) needs no row: ``test_every_page.py`` asks it and sees for itself.
"""

from __future__ import annotations

VISITS: dict[str, tuple[str, ...]] = {
    "home": ("both /",),
    "search": (
        "both /search",
        "visitor /search?q=muons&theme=particle",
        "visitor /search?q=nothing+of+the+kind",
        "visitor /search?q=sqrt_s%3A%5B7",
    ),
    "searches": ("owner /work/searches",),
    "record": (
        "both /records/{rich_id}",
        "owner /records/{rich_id}",
        "visitor /records/{first_id}",
        "visitor /records/{embargoed_id}",
        "visitor /records/{withdrawn_id}",
        "owner /records/{draft_id}?preview=1",
    ),
    "compare": ("visitor /records/{rich_id}/compare/{first_id}",),
    "look": ("visitor /records/{rich_id}/look/csv/hits.csv",),
    "graph": ("visitor /graph/{rich_id}",),
    "broken-links": ("administrator /work/links",),
    "entry": ("both /catalogue/{harvest}/{entry_name}",),
    "harvests": ("administrator /harvests",),
    "harvest-new": ("administrator /harvests/new?kind=folder", "administrator /harvests/new?kind=oai-pmh"),
    "harvest": ("administrator /harvests/{harvest}",),
    "harvest-change": ("administrator /harvests/{harvest}/change",),
    "deposit": ("owner /deposit",),
    "draft": ("owner /deposit/{draft_id}", "owner /deposit/{personal_id}"),
    "draft-ethics": ("owner /deposit/{personal_id}/ethics",),
    "draft-creators": ("owner /deposit/{draft_id}/creators",),
    "draft-delete": ("owner /deposit/{draft_id}/delete",),
    "record-access": ("owner /records/{restricted_id}/access", "owner /records/{embargoed_id}/access"),
    "ask-access": ("both /records/{embargoed_id}/access/ask",),
    "withdraw": ("owner /records/{rich_id}/withdraw",),
    "confirm-access": ("visitor /access/confirm?token=none",),
    "closures": ("visitor /closures",),
    "my-access": ("stranger /work/access", "owner /work/access"),
    "closures-to-review": ("administrator /work/closures",),
    "record-communities": ("owner /records/{rich_id}/communities",),
    "communities": ("both /communities",),
    "community-new": ("administrator /communities/new",),
    "community": ("both /communities/{slug}",),
    "community-settings": ("administrator /communities/{slug}/settings",),
    "community-delete": ("administrator /communities/{slug}/delete",),
    "community-members": ("administrator /communities/{slug}/members",),
    "community-queue": ("administrator /communities/{slug}/requests",),
    "invitation": ("both /invitations/{secret}",),
    "requests": ("owner /requests",),
    "review": ("owner /requests/{review_id}", "administrator /requests/{review_id}"),
    "desk": ("administrator /desk",),
    "work": ("owner /work", "administrator /work"),
    "tokens": ("owner /work/tokens",),
    "my-history": ("owner /profile/history",),
    "record-history": ("owner /records/{rich_id}/history",),
    "journal": ("administrator /journal", "owner /journal"),
    "profile": ("owner /profile",),
    "signing-in": ("owner /profile/signing-in",),
    "password": ("owner /profile/signing-in/password",),
    "application": ("owner /profile/signing-in/application",),
    "passkey": ("owner /profile/signing-in/passkey",),
    "sign-in": ("visitor /sign-in", "owner /sign-in?again=1&next=/work"),
    "sign-in-newcomer": ("newcomer /sign-in/new",),
    "confirm-address": ("visitor /sign-in/address/{address_token}",),
    "second-step": ("half signed in /sign-in/second-step",),
    "forgotten": ("visitor /sign-in/forgotten",),
    "new-password": ("visitor /sign-in/forgotten/{uidb64}/{reset_token}",),
    "jobs": ("administrator /jobs",),
    "notices": ("owner /notices",),
    "mails": ("administrator /operator/mail",),
    "mail": ("administrator /operator/mail/{mail_id}",),
    "api-reader": ("visitor /api-reader",),
    "design": ("both /design",),
    "about": ("visitor /about",),
    "how-to-cite": ("visitor /about/citing",),
    "how-to-deposit": ("visitor /about/depositing",),
    "how-to-use": ("visitor /about/using",),
    "accessibility": ("visitor /about/accessibility",),
    "personal-data": ("visitor /about/personal-data",),
    "pid": ("visitor /ark:/99999/none",),
}
"""Route → its visits, with the names of ``pages_world.py`` in braces."""

NO_PAGE = {
    "search-feed": "a feed of a kind that is in the address",
    "search-list": "a file of a kind that is in the address",
    "deposit-complete": "names to choose from, for a script",
    "draft-stand": "where a draft stands, for a script",
    "sign-in-with": "leads to a provider",
    "sign-in-answer": "where a provider leads back to",
    "community-logo": "a picture, which the community of the world does not have",
}
"""Routes that answer no page, although the world has not what they would answer with."""


def visits(values: dict[str, str], files: list[str]) -> list[tuple[str, str]]:
    """Every visit of the table as ``(who, address)``, and each of ``files`` opened in its viewer."""
    found = []
    for rows in VISITS.values():
        for row in rows:
            who, path = row.split(" /", 1)
            for name in ("visitor", "administrator") if who == "both" else (who,):
                found.append((name, "/" + path.format_map(values)))
    found += [("visitor", f"/records/{values['rich_id']}?file={name}") for name in files]
    return found
