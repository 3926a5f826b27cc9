"""Adds people to the instance of a server: ``python -m adding_people HOME JSON``; writes a token of each."""

from __future__ import annotations

import json
import sys

from dop2i.server.instance import configure

configure(sys.argv[1])

from dop2i.server.people.actions import add_person, make_token  # noqa: E402  Django has to be set up first
from dop2i.server.people.models import Person  # noqa: E402

for facts, scopes in json.loads(sys.argv[2]):
    person = Person.objects.filter(email=facts["email"]).first() or add_person(**facts)
    sys.stdout.write(make_token(person=person, scopes=scopes, days=30, name="tests")[1] + "\n")
