"""The columns of a table with their types, units and miniatures, each a link to its distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.views import Parameter
from dop2i.faces.web.inside import COLUMNS_A_PAGE, column_facts
from dop2i.faces.web.looking.address import Look

_SEEN_AT_ONCE = 4


def branches_of(
    description: Mapping[str, Any], look: Look, parameters: list[Parameter], *, start: str
) -> dict[str, Any] | None:
    """A page of the columns that the view can draw; None where there is only one. ``start`` is from the address."""
    column = next((p for p in parameters if p.name == "column"), None)
    table: Mapping[str, Any] = next((t for t in description.get("tables") or [] if t.get("name") == look.part), {})
    if column is None or len(column.choices) < 2:
        return None
    shown = look.values.get("column") or column.suggested
    every = [c for c in table.get("columns") or [] if str(c.get("name")) in column.choices]
    chosen = next((i for i, c in enumerate(every) if c.get("name") == shown), 0)
    # the list is short: it begins where the chosen one is seen
    first = int(start) if start.isdecimal() and len(start) < 7 else chosen - 2 if chosen > _SEEN_AT_ONCE else 0
    first = max(0, min(first, len(every) - 1))
    rows = []
    for one in every[first : first + COLUMNS_A_PAGE]:
        made = column_facts(one)
        name = made["name"]
        # another column has another range: what was set for this one is forgotten
        made["href"] = look.href(part=look.part, column=name, **dict.fromkeys(("low", "high", "bins"))) + "#figure"
        made["selected"] = name == shown
        rows.append(made)
    here = look.href()
    return {
        "rows": rows,
        "has_meaning": any(row["meaning"] for row in rows),
        "has_unit": any(row["unit"] for row in rows),
        "previous": f"{here}&from={max(0, first - COLUMNS_A_PAGE)}" if first else None,
        "more": f"{here}&from={first + COLUMNS_A_PAGE}" if first + COLUMNS_A_PAGE < len(every) else None,
    }
