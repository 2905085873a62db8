"""`make picture`: draws docs/architecture.svg from the import graph, so that the picture says what the code does.

1. grimp reads every import of the package; a room is what stands directly below `screener` and has a docstring to say.
2. A room's level is the longest way down from it: it stands above everything it imports, or the drawing stops.
3. `research` and what imports it span the house, as does what every room stands on; between them stand the two sides,
   which are found, not told: rooms that reach each other without the spanning ones are one side.
4. Each room sends one line down beside the house, which turns into every room it imports. The text of a room is the
   first sentence of its docstring, its small print its rooms inside. No number is drawn that changes with every commit.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import grimp

PACKAGE, DOOR = "screener", "research"
ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "architecture.svg"
INK, SOFT, LINE, PAPER, WALL = "#1d2733", "#5b6775", "#d5dbe3", "#ffffff", "#f5f7fa"
# One colour a room, dark enough for a thin line on white, in the order of the levels from above.
COLOURS = ("#334155", "#0f5e9c", "#b4530a", "#7a3e9d", "#b3264a", "#11736b", "#3f6b1e", "#8a6d00", "#4b5cc4", "#5b6775")
WIDE, MARGIN, GUTTER, LANE, CURVE = 1270, 40, 150, 22, 9
HEAD, HIGH, STEP = 112, 104, 128
FACTS_WIDE, THINKING_WIDE, LETTER = 370, 510, 7.7  # LETTER: pixels of one, at least


@dataclass(frozen=True)
class Box:
    """Where a room stands: left, top, width; all are equally high."""

    x: float
    y: float
    width: float

    @property
    def right(self) -> float:
        return self.x + self.width


# 1. The graph


def rooms_and_imports() -> dict[str, set[str]]:
    """Room → rooms it imports from."""
    graph = grimp.build_graph(PACKAGE)
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        if (room := _room(module)) is None:
            continue
        imported = map(_room, graph.find_modules_directly_imported_by(module))
        found.setdefault(room, set()).update(each for each in imported if each not in (None, room))
    return {room: found[room] for room in sorted(found)}


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None  # the package itself only names its front door


@cache
def _docstring(room: str) -> str:
    folder = ROOT / PACKAGE / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or room
    sentence = said.split("\n\n")[0].replace("\n", " ")
    return sentence.split(". ")[0].rstrip(".")


def _inside(room: str) -> list[str]:
    """The rooms inside a room."""
    return sorted(file.parent.name for file in (ROOT / PACKAGE / room).glob("*/__init__.py"))


# 2. and 3. Where each room stands


def levels(imports: dict[str, set[str]]) -> dict[str, int]:
    """Room → longest way down. Raises SystemExit where rooms import each other."""

    def level(room: str, above: tuple[str, ...] = ()) -> int:
        if room in above:
            sys.exit(f"rooms import each other: {' → '.join((*above, room))}")
        return max((1 + level(below, (*above, room)) for below in imports[room]), default=0)

    return {room: level(room) for room in imports}


def sides(imports: dict[str, set[str]]) -> tuple[list[str], list[list[str]], list[str]]:
    """(spanning rooms above, the sides, spanning rooms below), each from above."""
    height = levels(imports)
    above = [room for room in imports if DOOR in imports[room] or room == DOOR]
    below = [room for room in imports if not imports[room]]
    rest = {room for room in imports if room not in above and room not in below}
    found: list[list[str]] = []
    while rest:
        side, edge = set[str](), {min(rest)}
        while edge:
            side |= edge
            edge = {b for a in side for b in rest if b in imports[a] or a in imports[b]} - side
        found.append(sorted(side, key=lambda room: (-height[room], room)))
        rest -= side
    return sorted(above, key=lambda room: -height[room]), sorted(found, key=len), below


@dataclass(frozen=True)
class House:
    """Imports of each room from above to below, its box, and the x of its line."""

    imports: dict[str, set[str]]
    boxes: dict[str, Box]
    lines: dict[str, float]
    facts: list[str]
    thinking: list[str]

    def colour(self, room: str) -> str:
        return COLOURS[list(self.lines).index(room) % len(COLOURS)]


def built(imports: dict[str, set[str]]) -> House:
    """Every room in its place: the shorter side left and on the ground, the lines outside, the door's in the middle."""
    above, (facts, thinking), below = sides(imports)
    whole, left = FACTS_WIDE + GUTTER + THINKING_WIDE, MARGIN + LANE * 2
    tops = {room: HEAD + row * STEP for row, room in enumerate([*above, *thinking, *below])}
    tops |= {room: tops[below[0]] - number * STEP for number, room in enumerate(reversed(facts), start=1)}
    boxes = {room: Box(left, tops[room], whole) for room in (*above, *below)}
    boxes |= {room: Box(left + whole - THINKING_WIDE, tops[room], THINKING_WIDE) for room in thinking}
    boxes |= {room: Box(left, tops[room], FACTS_WIDE) for room in facts}
    outside = [room for room in (*above, *thinking) if room != DOOR]
    lines: dict[str, float] = {
        room: left + whole + LANE * number for number, room in enumerate(reversed([*outside, *below]))
    }
    lines |= {room: left - LANE * number for number, room in enumerate(reversed(facts), start=1)}
    lines[DOOR] = left + FACTS_WIDE + GUTTER / 2
    order = [*above, *thinking, *facts, *below]
    return House({room: imports[room] for room in order}, boxes, {room: lines[room] for room in order}, facts, thinking)


# 4. The drawing


def drawn(house: House) -> str:
    """The whole picture."""
    tall = max(box.y for box in house.boxes.values()) + STEP + 24
    rooms = list(house.imports)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {tall:g}" role="img" aria-labelledby="t">',
        '<title id="t">The rooms of screener and what each imports</title>',
        "<style>text{font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}</style>",
        f'<rect width="{WIDE}" height="{tall:g}" rx="16" fill="{PAPER}"/>',
        *_heading(),
        *_sides(house),
        *(path for room in rooms for path in _line(house, room)),
        *(shape for room in rooms for shape in _walls(room, house.boxes[room], house.colour(room))),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _line(house: House, room: str) -> list[str]:
    """A room's line down and its turns into the rooms it imports; where one lies below the line, straight into it."""
    own, x, colour = house.boxes[room], house.lines[room], house.colour(room)
    if own.x < x < own.right:
        start = f"M{x:g} {own.y + HIGH:g}"
    else:
        leaves, back, y = (
            (own.right, -CURVE, own.y + HIGH - 17) if x >= own.right else (own.x, CURVE, own.y + HIGH - 17)
        )
        start = f"M{leaves:g} {y:g}H{x + back:g}Q{x:g} {y:g} {x:g} {y + CURVE:g}"
    found = []
    for other in sorted(house.imports[room]):
        box = house.boxes[other]
        if box.x < x < box.right:
            found.append((f"{start}V{box.y - 7:g}", _arrow(x, box.y, 0, colour)))
            continue
        side, edge = (-1, box.right) if x >= box.right else (1, box.x)
        y = _entry(house, room, other)
        turn = f"V{y - CURVE:g}Q{x:g} {y:g} {x + side * CURVE:g} {y:g}H{edge - side * 7:g}"
        found.append((start + turn, _arrow(edge, y, side, colour)))
    return [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{head}' for path, head in found]


def _entry(house: House, room: str, other: str) -> float:
    """y at which a line enters: of those that come from one side the outermost enters highest, so that none cross."""
    box = house.boxes[other]
    from_right = house.lines[room] >= box.right
    comers = [
        x
        for each, x in house.lines.items()
        if other in house.imports[each] and (x >= box.right if from_right else x <= box.x)
    ]
    return box.y + 14 + 11 * sorted(comers, reverse=from_right).index(house.lines[room])


def _arrow(x: float, y: float, inwards: int, colour: str) -> str:
    """The head of an arrow that ends at (x, y), coming from the left (1), the right (-1) or above (0)."""
    if inwards == 0:
        return f'<path d="M{x:g} {y:g}l-4.5 -9h9z" fill="{colour}"/>'
    return f'<path d="M{x:g} {y:g}l{-9 * inwards} -4.5v9z" fill="{colour}"/>'


def _walls(room: str, box: Box, colour: str) -> list[str]:
    """A room: its name, what happens in it, the rooms inside."""
    x, y = box.x, box.y
    found = [
        f'<rect x="{x:g}" y="{y:g}" width="{box.width:g}" height="{HIGH}" rx="10" fill="{WALL}" stroke="{LINE}"/>',
        f'<path d="M{x + 10:g} {y:g}a10 10 0 0 0 -10 10v{HIGH - 20}a10 10 0 0 0 10 10z" fill="{colour}"/>',
        f'<text x="{x + 26:g}" y="{y + 29:g}" font-size="19" font-weight="700" fill="{colour}">{room}</text>',
    ]
    lines = [(line, INK, 14.5) for line in textwrap.wrap(_docstring(room), int((box.width - 40) / LETTER))]
    inside = " · ".join(_inside(room))
    lines += [(inside, SOFT, 13)] if inside else []
    for number, (line, ink, size) in enumerate(lines):
        at = f'x="{x + 26:g}" y="{y + 52 + 19.5 * number:g}"'
        found.append(f'<text {at} font-size="{size:g}" fill="{ink}">{escape(line)}</text>')
    return found


def _heading() -> list[str]:
    x = MARGIN + LANE * 2
    return [
        f'<text x="{x}" y="54" font-size="27" font-weight="700" fill="{INK}">Who imports whom in screener</text>',
        f'<text x="{x}" y="84" font-size="15" fill="{SOFT}">An arrow ends at what is imported: every one points down.'
        " Facts flow the other way: from the sources up to what people look at.</text>",
    ]


def _sides(house: House) -> list[str]:
    """What the two sides are, in the empty place above the shorter one."""
    x, y = house.boxes[house.facts[0]].x, house.boxes[house.thinking[0]].y + 20
    said = (
        ("Facts", "ask, check and store; they do not think."),
        ("Thinking", "from one immutable market on;"),
        ("", "no database, no network."),
        ("They meet", "in research only."),
    )
    found = []
    for number, (word, text) in enumerate(said):
        at = y + 24 * number
        found.append(f'<text x="{x:g}" y="{at:g}" font-size="15" font-weight="700" fill="{INK}">{word}</text>')
        found.append(f'<text x="{x + 100:g}" y="{at:g}" font-size="15" fill="{SOFT}">{text}</text>')
    return found


def main() -> None:
    """Writes the picture."""
    FILE.write_text(drawn(built(rooms_and_imports())), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
