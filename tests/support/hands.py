"""How a person of a journey uses a page: with the pointer, or with the keyboard alone."""

from __future__ import annotations

from typing import Any

MOST_STEPS = 400
_IS_FOCUSED = "element => element === document.activeElement || element.contains(document.activeElement)"
# What surely takes the focus between where it is and the element: so many times Tab need not be looked at one by one.
_SURE_STEPS = """element => {
    const following = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    const here = document.activeElement === document.body ? null : document.activeElement;
    const sure = ["a[href]", "button:enabled", "select:enabled", "textarea:enabled",
        "input:enabled:not([type=hidden], [type=radio])"];
    return [...document.querySelectorAll(sure.join())].filter(stop =>
        stop.tabIndex === 0 && following(stop, element) && (here === null || following(here, stop)) &&
        stop.checkVisibility({visibilityProperty: true}) && !stop.closest("[inert]")
    ).length;
}"""


class Pointer:
    """Clicks and types."""

    def follow(self, place: Any) -> None:
        """A link or a button."""
        place.click()

    def write(self, place: Any, text: str) -> None:
        """Text in a field, in place of what is there."""
        place.fill(text)

    def choose(self, place: Any, value: str) -> None:
        """One of the options of a list."""
        place.select_option(value)


class Keyboard:
    """Tab, letters, arrows, space and Enter: what cannot be reached with them fails."""

    def follow(self, place: Any) -> None:
        """A link or a button."""
        self._reach(place)
        place.page.keyboard.press("Enter")

    def write(self, place: Any, text: str) -> None:
        """Text in a field, in place of what is there."""
        self._reach(place)
        place.page.keyboard.press("ControlOrMeta+a")
        place.page.keyboard.press("Delete")
        place.page.keyboard.insert_text(text)

    def choose(self, place: Any, value: str) -> None:
        """One of the options of a list, by its first letters."""
        self._reach(place)
        words = place.locator(f"option[value='{value}']").inner_text()
        place.page.keyboard.type(words[:12])
        if place.input_value() != value:
            raise AssertionError(f"the keyboard chose {place.input_value()!r}, not {value!r}")

    def _reach(self, place: Any) -> None:
        place.wait_for(state="visible")
        steps = 0
        while steps < MOST_STEPS:
            if place.evaluate(_IS_FOCUSED):
                return
            for _ in range(max(1, place.evaluate(_SURE_STEPS))):
                place.page.keyboard.press("Tab")
                steps += 1
        raise AssertionError(f"the keyboard does not reach {place}")
