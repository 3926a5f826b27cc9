"""The address of the provider, for GET and for POST (OAI-PMH 2.0, section 3.1.1)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from dop2i.faces.addresses import base_url
from dop2i.faces.protocols.oai.provider import Provider


@csrf_exempt
def oai_pmh(request: HttpRequest) -> HttpResponse:
    """Answers one request. Robots get what a visitor may see, so that no session or token counts here."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    asked = request.POST if request.method == "POST" else request.GET
    pairs = [(name, value) for name, values in asked.lists() for value in values]
    base = base_url(request)
    content = Provider(base=base, endpoint=f"{base}{request.path}").answer(pairs)
    return HttpResponse(content, content_type="text/xml; charset=utf-8")
