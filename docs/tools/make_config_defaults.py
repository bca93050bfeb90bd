#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/hf/config_class_defaults.def: what a config class says when config.json leaves a member out.

  make_config_defaults.py REGISTRY...            write the table
  make_config_defaults.py --check REGISTRY...    fail when the committed table differs

Runs in an environment that has vllm and transformers installed (a minute): the classes are asked by
config_classes.py, where the list of members stands. A REGISTRY names what a release of vLLM serves:
{"architectures": {"LlamaForCausalLM": ...}}.
"""
import logging
import math
import re
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple

from config_classes import Computed, Every, Head, Member, Part, Row, class_rows, config_classes

TABLE = Path(__file__).resolve().parents[2] / "src" / "hf" / "config_class_defaults.def"
WIDTH = 110


def word(text: Any) -> str:
    return re.sub(r"\W", "_", str(text).replace("-", "_dash_"))


def token(value: Any) -> str:
    """The name of a value in the table; reads as the value where C allows."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value).replace("-", "m").replace(".", "p").replace("+", "")
    if isinstance(value, str):
        return "text_" + word(value)
    if isinstance(value, Every):
        return "every_%d_%s_%s_%s%s" % (value.period, "first" if value.first else "last", value.special,
                                        value.other, "_by_" + value.by if value.by else "")
    if isinstance(value, Head):
        return "head_%d_%s_%s%s" % (value.count, value.first, value.rest,
                                    "_by_" + value.by if value.by else "")
    if isinstance(value, Member):
        return value.name + ("_over_" + value.over if value.over else "_same")
    if isinstance(value, Part):
        return "part_" + word(value.model_type) + "_chosen" * value.chosen + "_flat" * value.flat
    if isinstance(value, Computed):
        return "_".join(("computed",) + value.members)
    short = "_".join(str(v).replace("-", "m") if isinstance(v, int) else word(v) for v in value)
    return "list_" + (short if len(short) <= 40 else "%d_%s" % (len(value), checksum(value)))


def checksum(value: Iterable[Any]) -> str:
    total = 0
    for character in repr(list(value)):
        total = (total * 31 + ord(character)) % 0xFFFFFF
    return "%06x" % total


def definition(value: Any) -> Tuple[str, str]:
    """Kind and C initialiser of a value."""
    if value is None:
        return "NULL", ".integer = 0"
    if isinstance(value, bool):
        return "SWITCH", ".integer = %d" % value
    if isinstance(value, int):
        return "INTEGER", ".integer = %d" % value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise SystemExit("a default is not a finite number")
        return "NUMBER", ".number = %r" % value
    if isinstance(value, str):
        return "TEXT", text_of(value)
    if isinstance(value, Every):
        return "EVERY", text_of("%d,%s,%s,%s,%s" % (value.period, "first" if value.first else "last",
                                                  value.special, value.other, value.by))
    if isinstance(value, Head):
        return "HEAD", text_of("%d,%s,%s,%s" % value)
    if isinstance(value, Member):
        return "MEMBER", text_of("%s,%s" % value)
    if isinstance(value, Part):
        return "PART", text_of("%s,%d,%d" % value)
    if isinstance(value, Computed):
        return "COMPUTED", text_of(",".join(value.members))
    kind = "TEXTS" if value and isinstance(value[0], str) else "INTEGERS"
    return kind, text_of(",".join(str(v) for v in value))


def text_of(text: str) -> str:
    return '.text = "%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def wrapped(start: str, pieces: List[str], glue: str) -> str:
    lines, line = [], start
    for piece in pieces:
        if len(line) + len(glue) + len(piece) > WIDTH:
            lines.append(line)
            line = "   "
        line += glue + piece
    return "\n".join(lines + [line]).lstrip() + "\n"


def value_line(name: str, value: Any) -> str:
    kind, text = definition(value)
    line = "VALUE(%s, %s, %s)\n" % (name, kind, text)
    if len(line) <= WIDTH + 1:
        return line
    lines = textwrap.wrap(text[len('.text = "'):-1].replace(",", ", "), WIDTH - 10)
    return "VALUE(%s, %s,\n      .text = %s)\n" % (
        name, kind, "\n              ".join('"%s"' % line.replace(", ", ",") for line in lines))


HEAD_LINES = """/* SPDX-License-Identifier: Apache-2.0 */
/* Made by docs/tools/make_config_defaults.py from vllm %s and transformers %s: do not edit by hand.
 * What a config class says about a member that config.json does not have.
 * KEY(name): the members of the table, by name; KEY_PATH(id, name): inside an object that is not there.
 * VALUE(id, kind, member of the union): the values, once each. Kinds are told in config_class_defaults.h.
 * CLASS(id, model_type, rows), by model_type: A(key, value) of an absent member, N(key, value) of a member
 * that is there and null, where it does not stay null.
 * ALIAS(model_type, name in the file, member of the class), by both.
 * ARCHITECTURE(name, model_type): where config.json may lack model_type, by name. */
"""


def table(classes: Dict[str, type]) -> str:
    import transformers
    import vllm
    from vllm.transformers_utils.config import _ARCHITECTURE_TO_MODEL_TYPE
    rows: Dict[str, List[Row]] = {}
    other: List[Tuple[str, str, str]] = []
    for model_type in sorted(classes, key=lambda m: m.encode()):
        rows[model_type], aliases = class_rows(classes[model_type])
        other += [(model_type, alias, aliases[alias]) for alias in sorted(aliases)]
    keys = sorted({r.key for found in rows.values() for r in found} | {name for _, _, name in other})
    values: Dict[str, Any] = {}
    for found in rows.values():
        for row in found:
            name = token(row.value)
            if definition(values.setdefault(name, row.value)) != definition(row.value):
                raise SystemExit("two values are called " + name)
    text = HEAD_LINES % (vllm.__version__, transformers.__version__) + "#ifdef KEY\n"
    names = ["KEY(%s)" % k if "." not in k else 'KEY_PATH(%s, "%s")' % (word(k), k) for k in keys]
    text += wrapped("", names, " ")
    text += "#endif\n#ifdef VALUE\n"
    text += "".join(value_line(name, values[name]) for name in sorted(values))
    text += "#endif\n#ifdef CLASS\n"
    for model_type, found in rows.items():
        cells = ["%s(%s, %s)" % ("N" if r.null else "A", word(r.key), token(r.value)) for r in found]
        if cells:
            cells[-1] += ")"
            text += wrapped('CLASS(%s, "%s",' % (word(model_type), model_type), cells, " ")
    text += "#endif\n#ifdef ALIAS\n"
    text += "".join('ALIAS("%s", "%s", %s)\n' % (m, alias, word(name)) for m, alias, name in other)
    text += "#endif\n#ifdef ARCHITECTURE\n"
    for pair in sorted(_ARCHITECTURE_TO_MODEL_TYPE.items()):
        text += 'ARCHITECTURE("%s", "%s")\n' % pair
    return text + "#endif\n"


def main(args: List[str]) -> None:
    check = "--check" in args
    paths = [Path(a) for a in args if a != "--check"]
    if not paths:
        raise SystemExit(__doc__)
    logging.disable(logging.CRITICAL)  # classes complain about defaults of their own
    text = table(config_classes(paths))
    if not check:
        TABLE.write_text(text, encoding="utf-8")
    elif not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text:
        raise SystemExit("stale: %s; run docs/tools/make_config_defaults.py" % TABLE.name)


if __name__ == "__main__":
    main(sys.argv[1:])
