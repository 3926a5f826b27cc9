"""The WSGI application: ``dop2i.faces.wsgi:application``, for the instance that DOP2I_HOME names."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from dop2i.faces.fast_lane import FastLane

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dop2i.server.settings")

application = FastLane(get_wsgi_application())
