"""The Django application ``ethics``."""

from django.apps import AppConfig


class EthicsConfig(AppConfig):
    """Names the application, and puts its gate before publication."""

    name = "dop2i.server.ethics"
    label = "ethics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Personal data stop a publication; what the reading process finds is kept."""
        from dop2i.server.ethics import gate, kept, scanning
        from dop2i.server.files.signals import looked_at, taken_over
        from dop2i.server.records.gates import GATES, PREPARATIONS, SETTLERS
        from dop2i.server.records.kept import KEPT, Part

        GATES.append(gate.personal_data)
        PREPARATIONS.append(gate.look_first)
        SETTLERS.append(gate.refuse_unseen)
        KEPT["ethics"] = Part(kept.decisions_to_keep, kept.restore_decisions)
        looked_at.connect(scanning.keep_answers, dispatch_uid="ethics")
        taken_over.connect(scanning.take_over, dispatch_uid="ethics")
