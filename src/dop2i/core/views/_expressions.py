"""A small language for numbers and selections: ``sqrt(px**2 + py**2)``, ``energy > 100 & n < 3``, ``name ~ muon``.

It is written like Python and is none: names are columns (in backquotes where they are no plain words: `hits/t [ns]`),
``&``, ``|`` and ``!`` join conditions, ``=`` means equal, ``~`` holds where a text contains the words behind it and
``^`` is a power. What is allowed is listed here; everything else is refused, with the place and what to write instead.
Text is short and shallow, values are NumPy arrays, and nothing of Python's own is ever called.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from dop2i.errors import InvalidValue

LONGEST = 500
DEEPEST = 24
_MOST_NODES = 200
_MOST_NAMES = 12

FUNCTIONS = {
    **dict.fromkeys(("sqrt", "exp", "log", "log10", "log2", "abs", "sign", "floor", "ceil", "round"), 1),
    **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "radians", "degrees"), 1),
    **dict.fromkeys(("atan2", "hypot", "min", "max"), 2),
    "where": 3,
    "missing": 1,
}
"""What may be called, with how many values."""

CONSTANTS = {"pi": 3.141592653589793, "e": 2.718281828459045}

_NUMPY_NAMES = {"min": "fmin", "max": "fmax", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<quoted>`[^`]*`)|(?P<text>"[^"]*"|'[^']*')
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<sign>\*\*|//|<=|>=|==|!=|&&|\|\||[-+*/%^<>=!~&|(),])""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SIGNS = {"&": " and ", "&&": " and ", "|": " or ", "||": " or ", "!": " not ", "^": "**", "=": "=="}
_WORDS = frozenset({"and", "or", "not", "in", "True", "False"})
_CONTAINED = re.compile(r"\s*([^&|()<>=!~]*[^&|()<>=!~\s])")


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked expression. ``columns`` are those it needs; call it with their values (arrays of one length)."""

    text: str
    tree: ast.expr
    names: Mapping[str, str]
    columns: tuple[str, ...]
    parameter: str

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The value for each row. Raises ``InvalidValue`` where text meets a number."""
        import numpy as np

        with np.errstate(all="ignore"):
            return _Evaluation(self, values).of(self.tree)

    @property
    def alone(self) -> str:
        """The name of the column, when the expression is only that."""
        return self.columns[0] if isinstance(self.tree, ast.Name) and self.columns else ""


def formula(text: str, *, columns: Collection[str], parameter: str) -> Formula:
    """The expression that a text says. Raises ``InvalidValue`` about ``parameter`` with what is wrong and where."""
    text = text.strip()
    if text in columns and text not in CONSTANTS:
        return Formula(text, ast.Name("_c0"), {"_c0": text}, (text,), parameter)
    if len(text) > LONGEST:
        raise InvalidValue(
            f"The expression has {len(text)} characters.", hint=f"At most {LONGEST} are read.", parameter=parameter
        )
    reading = _Reading(text, columns, parameter)
    written = reading.translated()
    if not written.strip():
        raise InvalidValue(
            "The expression is empty.", hint="Write for example sqrt(px**2 + py**2).", parameter=parameter
        )
    try:
        tree = ast.parse(written.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise InvalidValue(
            f"{_short(text)} cannot be read as an expression.",
            hint="Is a sign or a bracket missing? Write for example energy > 100 & n < 3.",
            parameter=parameter,
        ) from None
    _check(tree, text, parameter)
    used = tuple(dict.fromkeys(reading.names.values()))
    if len(used) > _MOST_NAMES:
        raise InvalidValue(
            f"The expression names {len(used)} columns.",
            hint=f"At most {_MOST_NAMES} are read at once.",
            parameter=parameter,
        )
    return Formula(text, tree, reading.names, used, parameter)


@dataclass(slots=True)
class _Reading:
    """Turns the text into the part of Python's grammar that is allowed, with each column under a name of ours."""

    text: str
    columns: Collection[str]
    parameter: str
    names: dict[str, str] = field(default_factory=dict)

    def translated(self) -> str:
        strange = sorted((name for name in self.columns if not _PLAIN.fullmatch(name)), key=len, reverse=True)
        made: list[str] = []
        place = depth = 0
        while place < len(self.text):
            name = next((name for name in strange if self._stands(name, place)), "")
            if name:
                made.append(self._column(name))
                place += len(name)
                continue
            found = _TOKEN.match(self.text, place)
            if found is None:
                raise self._wrong(f"{self.text[place]!r} at character {place + 1} means nothing here.", "")
            kind, piece = str(found.lastgroup), found.group()
            place = found.end()
            depth += (piece == "(") - (piece == ")")
            if depth > DEEPEST:
                raise self._wrong(f"The expression is nested more than {DEEPEST} deep.", "Write it in fewer brackets.")
            if piece == "~":
                words, place = self._contained(place)
                made.append(f" in {words}")
            else:
                made.append(self._written(kind, piece, call=self.text[place:].lstrip()[:1] == "("))
        return "".join(made)

    def _stands(self, name: str, place: int) -> bool:
        """Whether a column's name stands here, and is not the beginning of a longer word."""
        following = self.text[place + len(name) : place + len(name) + 1]
        return bool(name) and self.text.startswith(name, place) and not (following.isalnum() or following in ("_", "."))

    def _written(self, kind: str, token: str, *, call: bool) -> str:
        if kind == "space":
            return " "
        if kind == "text":
            return repr(token[1:-1])
        if kind == "quoted":
            return self._column(token[1:-1])
        if kind == "sign":
            return _SIGNS.get(token, token)
        if kind == "name":
            if token in self.columns:
                return self._column(token)
            if token in _WORDS:
                return f" {token} "
            if token in CONSTANTS:
                return repr(CONSTANTS[token])
            if call:
                if token not in FUNCTIONS:
                    raise self._wrong(f"There is no function {token}().", f"There are {', '.join(FUNCTIONS)}.")
                return token
            return self._column(token)
        return token

    def _contained(self, place: int) -> tuple[str, int]:
        """The words behind ``~``: quoted, or all up to the next sign."""
        found = re.compile(r"\s*(\"[^\"]*\"|'[^']*')").match(self.text, place)
        if found is not None:
            return repr(found.group(1)[1:-1]), found.end()
        bare = _CONTAINED.match(self.text, place)
        if bare is None:
            raise self._wrong("Nothing stands behind ~.", "Write for example name ~ muon.")
        return repr(bare.group(1).strip()), bare.end()

    def _column(self, name: str) -> str:
        if name not in self.columns:
            near = difflib.get_close_matches(name, list(self.columns), n=3, cutoff=0.5)
            hint = f"Did you mean {' or '.join(near)}?" if near else "Put a text in quotation marks."
            raise self._wrong(f"There is no column {name[:80]!r}.", hint)
        known = next((mark for mark, column in self.names.items() if column == name), None)
        if known is None:
            known = f"_c{len(self.names)}"
            self.names[known] = name
        return f" {known} "

    def _wrong(self, message: str, hint: str) -> InvalidValue:
        return InvalidValue(message, hint=hint, parameter=self.parameter)


_ALLOWED = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Name, ast.Constant, ast.Load),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.USub, ast.UAdd, ast.Not),
    *(ast.And, ast.Or, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In),
)


def _check(tree: ast.expr, text: str, parameter: str) -> None:
    """Refuses what is not listed, and what is too large."""
    waiting: list[tuple[ast.AST, int]] = [(tree, 0)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if not isinstance(node, _ALLOWED):
            raise InvalidValue(f"{_short(text)} uses what is not allowed here.", hint=_HINT, parameter=parameter)
        if count > _MOST_NODES or depth > 4 * DEEPEST:
            raise InvalidValue("The expression is too long.", hint="Write it in fewer terms.", parameter=parameter)
        if isinstance(node, ast.Call):
            _check_call(node, parameter)
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


_HINT = "Use columns, numbers, + - * / % **, comparisons, & | !, and functions such as sqrt()."


def _check_call(node: ast.Call, parameter: str) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS or node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        raise InvalidValue("Only the listed functions can be called.", hint=_HINT, parameter=parameter)
    if len(node.args) != FUNCTIONS[name]:
        raise InvalidValue(
            f"{name}() takes {FUNCTIONS[name]} value{'s' if FUNCTIONS[name] > 1 else ''}, {len(node.args)} are given.",
            parameter=parameter,
        )


class _Evaluation:
    """Walks a checked tree over arrays. Arithmetic is in double precision; whole numbers are compared as they are."""

    def __init__(self, of: Formula, values: Mapping[str, Any]) -> None:
        self._formula = of
        self._values = values

    def of(self, node: ast.AST) -> Any:
        """The value of a node."""
        return _VALUE_OF[type(node)](self, node)

    def name(self, node: Any) -> Any:
        return self._values[self._formula.names[node.id]]

    def constant(self, node: Any) -> Any:
        value = node.value
        if isinstance(value, str | bool):
            return value
        return value if isinstance(value, int) and abs(value) < 2**63 else float(value)

    def arithmetic(self, node: Any) -> Any:
        import numpy as np

        operation = _OPERATIONS[type(node.op)]
        return getattr(np, operation)(self._number(node.left), self._number(node.right))

    def signed(self, node: Any) -> Any:
        import numpy as np

        if isinstance(node.op, ast.Not):
            return np.logical_not(self._truth(node.operand))
        value = self._number(node.operand)
        return np.negative(value) if isinstance(node.op, ast.USub) else value

    def joined(self, node: Any) -> Any:
        import numpy as np

        parts = [self._truth(part) for part in node.values]
        together = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        result = parts[0]
        for part in parts[1:]:
            result = together(result, part)
        return result

    def compared(self, node: Any) -> Any:
        import numpy as np

        result: Any = True
        left = self.of(node.left)
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.of(right_node)
            if isinstance(operator, ast.In):
                one = _contains(left, right, self._formula)
            else:
                if _is_text(left) != _is_text(right):
                    raise self._mixed()
                one = getattr(np, _COMPARISONS[type(operator)])(left, right)
            result = np.logical_and(result, one)
            left = right
        return result

    def call(self, node: Any) -> Any:
        import numpy as np

        name = node.func.id
        if name == "missing":
            value = self.of(node.args[0])
            return np.asarray(value) == "" if _is_text(value) else np.isnan(_as_number(value))
        if name == "where":
            return np.where(self._truth(node.args[0]), self._number(node.args[1]), self._number(node.args[2]))
        return getattr(np, _NUMPY_NAMES.get(name, name))(*(self._number(argument) for argument in node.args))

    def _number(self, node: Any) -> Any:
        value = self.of(node)
        if _is_text(value):
            raise self._mixed()
        return _as_number(value)

    def _truth(self, node: Any) -> Any:
        import numpy as np

        value = self.of(node)
        if _is_text(value):
            raise self._mixed()
        value = np.asarray(value)
        return value if value.dtype == bool else np.nan_to_num(value) != 0

    def _mixed(self) -> InvalidValue:
        return InvalidValue(
            f"{_short(self._formula.text)} mixes text and numbers.",
            hint='Compare a text with a text: name == "muon", or name ~ muon.',
            parameter=self._formula.parameter,
        )


_OPERATIONS = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "mod",
    ast.Pow: "power",
}
_COMPARISONS = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_VALUE_OF: Mapping[type[ast.AST], Callable[[_Evaluation, Any], Any]] = {
    ast.Name: _Evaluation.name,
    ast.Constant: _Evaluation.constant,
    ast.BinOp: _Evaluation.arithmetic,
    ast.UnaryOp: _Evaluation.signed,
    ast.BoolOp: _Evaluation.joined,
    ast.Compare: _Evaluation.compared,
    ast.Call: _Evaluation.call,
}


def _is_text(value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return isinstance(value, str) or (kind != "" and kind in "USO")


def _as_number(value: Any) -> Any:
    import numpy as np

    return np.asarray(value, dtype=np.float64)


def _contains(value: Any, words: Any, of: Formula) -> Any:
    """Where a text holds the words, large and small letters alike."""
    import numpy as np

    if not isinstance(words, str) or not _is_text(value):
        raise InvalidValue(
            f"~ in {_short(of.text)} looks for words in a column of text.",
            hint="Compare a number with <, > or =.",
            parameter=of.parameter,
        )
    wanted = words.casefold()
    if isinstance(value, str):
        return wanted in value.casefold()
    return np.fromiter((wanted in str(one).casefold() for one in value), dtype=bool, count=len(value))


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
