"""Filters and tags: numbers, sizes, dates, icons, assets and the language of a page."""

from __future__ import annotations

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from dop2i.core.marked import as_html, as_text
from dop2i.faces.web import figures, icons
from dop2i.faces.web.assets import asset_url
from dop2i.faces.web.said import said_text

register = template.Library()


def _language() -> str:
    return "fr" if (get_language() or "en").startswith("fr") else "en"


@register.simple_tag
def icon(name: str) -> SafeString:
    """``{% icon "check" %}``."""
    return mark_safe(icons.icon(name))  # noqa: S308  a constant of icons.py


@register.simple_tag
def asset(path: str) -> str:
    """``{% asset "dop2i.css" %}``: the address of an asset."""
    return asset_url(path)


@register.filter
def said(text: object) -> SafeString:
    """A sentence that a program wrote, in the language of the page; marked as English where it stays English."""
    english = str(text or "")
    words = said_text(english)
    if english and words == english and _language() != "en":
        return format_html('<span lang="en">{}</span>', english)
    return conditional_escape(words)


@register.filter
def count(value: float) -> str:
    """A whole number with its thousands apart."""
    return figures.integer(value, _language())


@register.filter
def figure(value: object) -> str:
    """A measured value."""
    return figures.number(value, _language())


@register.filter
def octets(value: float | None) -> str:
    """A size in bytes, in words."""
    return figures.size(value, _language())


@register.filter
def day(value: object) -> str:
    """A date of a record, or a day."""
    return figures.edtf_date(value, _language())


@register.filter
def moment(value: object) -> str:
    """A date and time in UTC."""
    return figures.moment(value, _language())  # type: ignore[arg-type]


@register.filter
def svg(value: str) -> SafeString:
    """SVG made by the plots or icons of this package (every text in it is escaped where it is made)."""
    return mark_safe(value or "")  # noqa: S308


@register.filter
def titled(value: object) -> SafeString:
    """A title of a record with its formulas and slanted words; all else in it is escaped."""
    return mark_safe(as_html(str(value or "")))  # noqa: S308


@register.filter
def plainly(value: object) -> str:
    """A title in plain words, for what can hold no markup."""
    return as_text(str(value or ""))


@register.filter
def lookup(mapping: dict[str, object] | None, key: str) -> object:
    """``{{ mapping|lookup:key }}``; None when missing."""
    return (mapping or {}).get(key)


@register.filter
def pair_with(first: object, second: object) -> tuple[object, object]:
    """``{% for side in before|pair_with:after %}``: two things that are shown alike, side by side."""
    return first, second


@register.filter
def of_field(choices: dict[str, list[tuple[str, str]]], name: str) -> list[tuple[str, str]]:
    """The choices of one field of the deposit form."""
    return choices.get(name, [])


@register.filter
def evidence_key(key: str) -> str:
    """Where a value is from that no file states, in the language of the page."""
    from dop2i.faces.web.labels import evidence_words

    return evidence_words(key)
