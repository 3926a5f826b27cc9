"""The Django application ``ethics``."""

from django.apps import AppConfig


class EthicsConfig(AppConfig):
    """Names the application, and puts its gate before publication."""

    name = "dop2i.server.ethics"
    label = "ethics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Personal data stop a publication; what the reading process finds is kept."""
        from dop2i.server.ethics import gate, scanning
        from dop2i.server.files.signals import looked_at, taken_over
        from dop2i.server.records.gates import GATES, PREPARATIONS, SETTLERS

        GATES.append(gate.personal_data)
        PREPARATIONS.append(gate.look_first)
        SETTLERS.append(gate.refuse_unseen)
        looked_at.connect(scanning.keep_answers, dispatch_uid="ethics")
        taken_over.connect(scanning.take_over, dispatch_uid="ethics")
